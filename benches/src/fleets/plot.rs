//! Time against hosts as an SVG that can be read on light and on dark ground.

use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::FleetsError;
use super::table::{Row, Work};

const SIZE: (u32, u32) = (860, 560);
/// For axes, their words and the grid: between black and white, as is each colour of a line.
const GREY: RGBColor = RGBColor(128, 128, 128);

fn color(work: Work) -> RGBColor {
    match work {
        Work::Empty => RGBColor(214, 92, 40),
        Work::Warm => RGBColor(200, 140, 0),
        Work::Structure => RGBColor(30, 150, 120),
        Work::FirstStructure => RGBColor(110, 190, 90),
        Work::ValueThen => RGBColor(90, 110, 200),
        Work::Value => RGBColor(50, 130, 220),
        Work::ValueAgain => RGBColor(110, 190, 240),
        Work::Number => RGBColor(60, 170, 200),
        Work::Key => RGBColor(40, 100, 160),
        Work::Unchanged => RGBColor(150, 100, 220),
        Work::Nix => RGBColor(220, 60, 90),
        Work::NixLargeHeap => RGBColor(200, 90, 160),
        Work::NixEvalJobs => RGBColor(130, 120, 90),
    }
}

/// Draws all rows, both axes by powers of ten; what was extrapolated is hollow.
///
/// # Errors
/// Where the drawing fails.
pub(crate) fn svg(rows: &[Row]) -> Result<String, FleetsError> {
    let mut text = String::new();
    draw(&mut text, rows).map_err(|error| FleetsError::Plot(error.to_string()))?;
    Ok(text)
}

fn draw(text: &mut String, rows: &[Row]) -> Result<(), Box<dyn std::error::Error>> {
    let points: Vec<(f64, f64)> = rows.iter().map(point).collect();
    let least = |of: fn(&(f64, f64)) -> f64| points.iter().map(of).fold(f64::INFINITY, f64::min);
    let most = |of: fn(&(f64, f64)) -> f64| points.iter().map(of).fold(0.0, f64::max);
    let hosts = least(|point| point.0) * 0.8..most(|point| point.0) * 1.3;
    let seconds = least(|point| point.1) * 0.5..most(|point| point.1) * 2.0;

    let root = SVGBackend::with_string(text, SIZE).into_drawing_area();
    let font = ("sans-serif", 14).into_font().color(&GREY);
    let (plot, legend) = root.split_horizontally(590);
    let mut chart = ChartBuilder::on(&plot)
        .margin(12)
        .x_label_area_size(46)
        .y_label_area_size(64)
        .build_cartesian_2d(hosts.log_scale(), seconds.log_scale())?;
    chart
        .configure_mesh()
        .axis_style(GREY)
        .bold_line_style(GREY.mix(0.3))
        .light_line_style(GREY.mix(0.1))
        .label_style(font.clone())
        .axis_desc_style(font.clone())
        .x_desc("hosts")
        .y_desc("time on the clock, seconds")
        .x_label_formatter(&|hosts| format!("{hosts:.0}"))
        .y_label_formatter(&|seconds| format!("{seconds}"))
        .draw()?;
    let mut line = 20;
    for work in Work::ALL {
        let mut of_work: Vec<&Row> = rows.iter().filter(|row| row.work == work).collect();
        if of_work.is_empty() {
            continue;
        }
        of_work.sort_by_key(|row| row.hosts);
        let color = color(work);
        chart.draw_series(LineSeries::new(
            of_work.iter().map(|row| point(row)),
            color.stroke_width(2),
        ))?;
        chart.draw_series(of_work.iter().map(|row| {
            let style = if row.runs == 0 {
                color.stroke_width(2)
            } else {
                color.filled()
            };
            Circle::new(point(row), 4, style)
        }))?;
        legend.draw(&PathElement::new(
            [(0, line), (22, line)],
            color.stroke_width(3),
        ))?;
        let words = font.pos(Pos::new(HPos::Left, VPos::Center));
        legend.draw(&Text::new(work.name(), (30, line), words))?;
        line += 24;
    }
    if rows.iter().any(|row| row.runs == 0) {
        legend.draw(&Circle::new((11, line), 4, GREY.stroke_width(2)))?;
        let words = font.pos(Pos::new(HPos::Left, VPos::Center));
        legend.draw(&Text::new("extrapolated", (30, line), words))?;
    }
    root.present()?;
    Ok(())
}

#[expect(
    clippy::cast_precision_loss,
    reason = "numbers of hosts are far below 2^52"
)]
fn point(row: &Row) -> (f64, f64) {
    (
        row.hosts as f64,
        row.cost.wall.as_secs_f64().max(f64::from(1_u8) / 1000.0),
    )
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::measure::Cost;

    fn row(hosts: usize, work: Work, milliseconds: u64, runs: usize) -> Row {
        Row {
            hosts,
            work,
            cost: Cost {
                wall: Duration::from_millis(milliseconds),
                ..Cost::default()
            },
            disk: None,
            runs,
        }
    }

    #[test]
    fn what_was_measured_has_a_name_and_a_line_and_what_was_not_has_none() {
        let rows = [
            row(1, Work::Empty, 3000, 3),
            row(8, Work::Empty, 9000, 3),
            row(1, Work::Nix, 4000, 3),
            row(50, Work::Nix, 200_000, 0),
        ];
        let text = svg(&rows).expect("a drawing");
        assert!(text.starts_with("<svg"), "{text}");
        for word in [
            "coop check, caches empty",
            "extrapolated",
            "hosts",
            "seconds",
        ] {
            assert!(text.contains(word), "{word}");
        }
        assert!(!text.contains(Work::Value.name()));
    }

    #[test]
    fn a_single_point_is_drawn_as_well() {
        let text = svg(&[row(1, Work::Unchanged, 0, 1)]).expect("a drawing");
        assert!(text.contains("<circle"), "{text}");
        assert!(!text.contains("NaN"), "{text}");
    }
}
