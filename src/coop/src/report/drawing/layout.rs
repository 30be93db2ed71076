//! Where everything stands: frames below each other, what they lean on beside or below them, and
//! between them a lane for every line, as on a circuit diagram. Lines cross at right angles only,
//! and are joined only where there is a dot.

use std::collections::BTreeMap;

use serde::Serialize;

use super::shapes::{HEADING, SMALL, Shape, TITLE};
use super::{Frame, Kind, Link, Scene, Target};

/// The measures of a drawing.
pub(super) struct Measures {
    class: &'static str,
    width: i32,
    /// The right edge of frames.
    frames_to: i32,
    /// Where targets begin; below the frames otherwise.
    targets_from: Option<i32>,
    /// Small boxes in a line.
    cells: i32,
}

/// For a desk, and for paper.
pub(super) const WIDE: Measures = Measures {
    class: "wide",
    width: 960,
    frames_to: 584,
    targets_from: Some(700),
    cells: 6,
};

/// For a telephone.
pub(super) const NARROW: Measures = Measures {
    class: "narrow",
    width: 340,
    frames_to: 290,
    targets_from: None,
    cells: 3,
};

/// The lane on the left, through which everybody comes in.
const LEFT: i32 = 12;
const GAP: i32 = 18;
const HEADER: i32 = 50;
const ROW: i32 = 48;
const ROW_GAP: i32 = 8;
const PADDING: i32 = 12;
const CELL: i32 = 28;
const TARGET: i32 = 50;

/// A drawing's shapes.
#[derive(Debug, Serialize)]
pub(super) struct Layout {
    class: &'static str,
    width: i32,
    height: i32,
    shapes: Vec<Shape>,
}

impl Layout {
    pub(super) fn of(scene: &Scene, measures: &Measures) -> Self {
        let mut draft = Draft {
            measures,
            left: if scene.source.is_some() { 34 } else { 2 },
            y: 2,
            frames: Vec::new(),
            boxes: Vec::new(),
            lines: Vec::new(),
            ports: BTreeMap::new(),
        };
        let source = scene.source.as_ref().map(|source| draft.source(source));
        let mut doors = Vec::new();
        for frame in &scene.frames {
            let top = draft.frame(frame);
            if !frame.is_outside {
                doors.push(top + HEADER / 2);
            }
        }
        if let Some(source) = source {
            draft.enter(source, &doors);
        }
        draft.targets(&scene.targets);
        // Lines lie above frames and below all else, so that no line runs through a word.
        let mut shapes = draft.frames;
        shapes.append(&mut draft.lines);
        shapes.append(&mut draft.boxes);
        Self {
            class: measures.class,
            width: measures.width,
            height: draft.y + 2,
            shapes,
        }
    }
}

struct Draft<'a> {
    measures: &'a Measures,
    /// The left edge of frames.
    left: i32,
    /// Down to where the paper is taken.
    y: i32,
    frames: Vec<Shape>,
    boxes: Vec<Shape>,
    lines: Vec<Shape>,
    /// Where lines leave rows: for each lane, points.
    ports: BTreeMap<Link, Vec<(i32, i32)>>,
}

impl Draft<'_> {
    fn rect(&mut self, class: &'static str, at: (i32, i32), width: i32, height: i32) {
        self.boxes.push(rect(class, at, width, height));
    }

    /// Who comes in; gives where the line begins.
    fn source(&mut self, source: &Target) -> i32 {
        let width = self.measures.frames_to - 2;
        self.rect("outside", (2, self.y), width, TARGET);
        self.labels(source, (16, self.y), width - 28);
        self.y += TARGET;
        let bottom = self.y;
        self.y += GAP;
        bottom
    }

    fn labels(&mut self, target: &Target, (x, y): (i32, i32), width: i32) {
        self.boxes
            .push(Shape::text(TITLE, (x, y + 21), width, &target.title));
        self.boxes
            .push(Shape::facts(SMALL, (x, y + 39), width, &target.facts));
    }

    /// A frame with what is in it; gives its top.
    fn frame(&mut self, frame: &Frame) -> i32 {
        let top = self.y;
        let (left, width) = (self.left, self.measures.frames_to - self.left);
        let inner = width - 2 * PADDING;
        let rows = i32::try_from(frame.rows.len()).unwrap_or(i32::MAX);
        let cells = i32::try_from(frame.cells.len()).unwrap_or(i32::MAX);
        let lines = (cells + self.measures.cells - 1) / self.measures.cells;
        let height = HEADER
            + rows * (ROW + ROW_GAP)
            + lines * (CELL + ROW_GAP)
            + if rows + cells > 0 {
                PADDING - ROW_GAP
            } else {
                0
            };
        let class = if frame.is_outside {
            "elsewhere"
        } else {
            "frame"
        };
        self.frames.push(rect(class, (left, top), width, height));
        let x = left + PADDING;
        self.boxes
            .push(Shape::text(HEADING, (x, top + 22), inner, &frame.title));
        self.boxes
            .push(Shape::facts(SMALL, (x, top + 40), inner, &frame.facts));
        let mut y = top + HEADER;
        for row in &frame.rows {
            self.rect("row", (x, y), inner, ROW);
            let stripe = if row.is_production { "live" } else { "trial" };
            self.boxes.push(Shape::Rect {
                class: stripe,
                x,
                y: y + 8,
                width: 4,
                height: ROW - 16,
                radius: 2,
            });
            let room = inner - 26;
            self.boxes
                .push(Shape::text(TITLE, (x + 14, y + 20), room, &row.title));
            self.boxes
                .push(Shape::facts(SMALL, (x + 14, y + 38), room, &row.facts));
            self.leave(&row.links, (x + inner, y), ROW);
            y += ROW + ROW_GAP;
        }
        let room = (inner + ROW_GAP) / self.measures.cells;
        for (number, cell) in frame.cells.iter().enumerate() {
            let number = i32::try_from(number).unwrap_or(i32::MAX);
            let at = (
                x + number % self.measures.cells * room,
                y + number / self.measures.cells * (CELL + ROW_GAP),
            );
            self.rect("row", at, room - ROW_GAP, CELL);
            let text = (at.0 + 8, at.1 + 18);
            self.boxes
                .push(Shape::text(SMALL, text, room - ROW_GAP - 14, cell));
        }
        self.leave(&frame.links, (left + width, top), height.min(4 * ROW));
        self.y = top + height + GAP;
        top
    }

    /// Lines begin at the right edge of a box, evenly.
    fn leave(&mut self, links: &[Link], (x, y): (i32, i32), height: i32) {
        let number = i32::try_from(links.len()).unwrap_or(i32::MAX);
        for (place, link) in (1..).zip(links) {
            let at = (x, y + place * height / (number + 1));
            self.ports.entry(*link).or_default().push(at);
        }
    }

    /// From who comes in to every frame of ours.
    fn enter(&mut self, from: i32, doors: &[i32]) {
        let Some(last) = doors.last() else { return };
        let kind = Kind::Web.class();
        self.lines.push(Shape::Line {
            class: "line",
            kind,
            path: format!("M{LEFT} {from}V{last}"),
        });
        for door in doors {
            self.lines.push(Shape::Line {
                class: "line",
                kind,
                path: format!("M{LEFT} {door}H{}", self.left),
            });
            if door != last {
                self.lines.push(Shape::Dot {
                    kind,
                    x: LEFT,
                    y: *door,
                });
            }
            self.boxes
                .push(Shape::head(kind, (self.left, *door), false));
        }
    }

    fn targets(&mut self, targets: &[Target]) {
        let ports = std::mem::take(&mut self.ports);
        let places = self.places(targets, &ports);
        let count = i32::try_from(ports.len()).unwrap_or(i32::MAX).max(1);
        let room = self.measures.targets_from.unwrap_or(self.measures.width)
            - self.measures.frames_to
            - 24;
        let step = (room / count).clamp(2, 16);
        // The lanes in the middle of what room there is.
        let first = self.measures.frames_to + 12 + (room - step * (count - 1)) / 2;
        for (lane, (link, ports)) in (0..).zip(&ports) {
            let beside = &places.ends[&link.target];
            let place = beside.iter().position(|other| *other == link).unwrap_or(0);
            let place = i32::try_from(place).unwrap_or_default() + 1;
            let number = i32::try_from(beside.len()).unwrap_or_default() + 1;
            let y = places.tops[link.target] + place * TARGET / number;
            self.lane(*link, first + lane * step, ports, (places.x, y));
        }
        let width = places.width;
        for (target, top) in targets.iter().zip(&places.tops) {
            self.rect("target", (places.left, *top), width, TARGET);
            self.labels(target, (places.left + 14, *top), width - 28);
        }
    }

    /// Where targets stand: beside the lines that lead to them, as far as there is room.
    fn places<'b>(
        &mut self,
        targets: &[Target],
        ports: &'b BTreeMap<Link, Vec<(i32, i32)>>,
    ) -> Places<'b> {
        let mut ends: BTreeMap<usize, Vec<&Link>> = BTreeMap::new();
        for link in ports.keys() {
            ends.entry(link.target).or_default().push(link);
        }
        let mut tops = vec![0; targets.len()];
        let step = TARGET + GAP;
        let Some(left) = self.measures.targets_from else {
            for top in &mut tops {
                *top = self.y;
                self.y += step;
            }
            return Places {
                left: self.left,
                x: self.measures.frames_to,
                width: self.measures.frames_to - self.left,
                tops,
                ends,
            };
        };
        let mean = |target: usize| {
            let points = ports.iter().filter(|(link, _)| link.target == target);
            let points: Vec<i32> = points
                .flat_map(|(_, points)| points.iter().map(|point| point.1))
                .collect();
            let number = i32::try_from(points.len()).unwrap_or(i32::MAX);
            points.iter().sum::<i32>() / number.max(1) - TARGET / 2
        };
        let mut order: Vec<(i32, usize)> = (0..targets.len())
            .map(|target| (mean(target), target))
            .collect();
        order.sort_unstable();
        let mut next = 2;
        for (wanted, target) in order {
            tops[target] = wanted.max(next);
            next = tops[target] + step;
        }
        self.y = self.y.max(next) - GAP;
        Places {
            left,
            x: left,
            width: self.measures.width - left - 2,
            tops,
            ends,
        }
    }

    /// A lane: from each of its ports to it, along it, and to its target.
    fn lane(&mut self, link: Link, x: i32, ports: &[(i32, i32)], end: (i32, i32)) {
        let kind = link.kind.class();
        let ys: Vec<i32> = ports.iter().map(|port| port.1).chain([end.1]).collect();
        let (Some(top), Some(bottom)) = (ys.iter().min(), ys.iter().max()) else {
            return;
        };
        self.lines.push(Shape::Line {
            class: "line",
            kind,
            path: format!("M{x} {top}V{bottom}M{x} {}H{}", end.1, end.0),
        });
        for (from, y) in ports {
            self.lines.push(Shape::Line {
                class: "line",
                kind,
                path: format!("M{from} {y}H{x}"),
            });
            if y != top && y != bottom {
                self.lines.push(Shape::Dot { kind, x, y: *y });
            }
            if link.kind.comes_in() {
                self.boxes.push(Shape::head(kind, (*from, *y), true));
            }
        }
        let is_inside = end.1 != *top && end.1 != *bottom;
        if is_inside {
            self.lines.push(Shape::Dot { kind, x, y: end.1 });
        }
        if !link.kind.comes_in() {
            let is_left = end.0 < x;
            self.boxes.push(Shape::head(kind, end, is_left));
        }
    }
}

fn rect(class: &'static str, (x, y): (i32, i32), width: i32, height: i32) -> Shape {
    Shape::Rect {
        class,
        x,
        y,
        width,
        height,
        radius: 6,
    }
}

struct Places<'a> {
    left: i32,
    /// Where lines end.
    x: i32,
    width: i32,
    tops: Vec<i32>,
    /// The lanes that lead to each target.
    ends: BTreeMap<usize, Vec<&'a Link>>,
}
