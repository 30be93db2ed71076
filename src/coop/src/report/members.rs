//! The drawing for members: the services there are, and which lists lead to them. It is made of
//! what is public already.

use super::drawing::{Connection, Drawing, Frame, Kind, Link, Row, Scene, Target};
use super::public::{Managed, Own};
use super::signup::List;

/// More services in a frame than these are drawn as small boxes.
const MANY: usize = 30;

/// Services and the lists that lead to them.
pub(super) fn drawing(name: &str, own: &[Own], managed: &[Managed], lists: &[List]) -> Drawing {
    let mut targets: Vec<Target> = lists
        .iter()
        .map(|list| Target {
            title: format!("the list {}", list.name),
            facts: vec![match list.total {
                1 => "1 e-mail domain".to_owned(),
                number => format!("{number} e-mail domains"),
            }],
        })
        .collect();
    let anyone = targets.len();
    let is_open = |own: &&Own| {
        let mut all = own.who.join.iter().chain(&own.who.apply);
        all.any(|link| link.anchor.is_none())
    };
    if own.iter().any(|own| is_open(&own)) {
        targets.push(Target {
            title: "anyone".into(),
            facts: vec!["with any e-mail address".into()],
        });
    }
    let mut connections = Vec::new();
    let mut rows = |elsewhere: bool| -> Vec<Row> {
        let mut rows = Vec::new();
        for own in own.iter().filter(|own| own.elsewhere == elsewhere) {
            let mut links = Vec::new();
            for (kind, from) in [(Kind::Join, &own.who.join), (Kind::Apply, &own.who.apply)] {
                for link in from {
                    let target = match &link.anchor {
                        None => Some(anyone),
                        Some(anchor) => lists.iter().position(|list| list.anchor == *anchor),
                    };
                    let Some(target) = target else { continue };
                    links.push(Link { target, kind });
                    connections.push(Connection {
                        from: targets[target].title.clone(),
                        what: words_of(kind),
                        to: own.domain.clone(),
                    });
                }
            }
            rows.push(Row {
                title: own.domain.clone(),
                facts: vec![own.service.to_owned(), own.stage.to_owned()],
                is_production: own.is_production,
                links,
            });
        }
        rows
    };
    let others = managed.iter().map(|managed| Row {
        title: managed.domain.clone(),
        facts: vec![managed.organisation.clone(), managed.service.to_owned()],
        is_production: true,
        links: Vec::new(),
    });
    let mut frames = vec![
        frame(name, "run by the co-operative", rows(false)),
        Frame {
            is_outside: true,
            ..frame("Run elsewhere", "on the same lists", rows(true))
        },
        frame(
            "Run for others",
            "each decides for itself who comes in",
            others.collect(),
        ),
    ];
    frames.retain(|frame| !frame.rows.is_empty() || !frame.cells.is_empty());
    let scene = Scene {
        title: format!("The services of {name}"),
        description:
            "Services, and the lists of e-mail domains whose people may come in. The table below says the same."
                .into(),
        source: None,
        frames,
        targets,
    };
    Drawing::of(scene, connections)
}

/// A frame of services; too many are put together, with the lines of all.
fn frame(title: &str, fact: &str, rows: Vec<Row>) -> Frame {
    let mut frame = Frame {
        title: title.to_owned(),
        facts: vec![fact.to_owned()],
        ..Frame::default()
    };
    if rows.len() > MANY {
        for row in rows {
            frame.cells.push(row.title);
            frame.links.extend(row.links);
        }
        frame.links.sort_unstable();
        frame.links.dedup();
    } else {
        frame.rows = rows;
    }
    frame
}

fn words_of(kind: Kind) -> &'static str {
    if kind == Kind::Join {
        "may join at once"
    } else {
        "may apply to"
    }
}
