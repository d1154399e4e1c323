//! A scan request put into a device's options. Names are the well-known ones of the SANE standard;
//! values differ from maker to maker and are matched by meaning.

use crate::sane::{Constraint, Device, DeviceOption, Kind, Status, Unit, Value};
use motcua_desk::ports::{ColorMode, ScanRequest, ScannerSource};

/// A4 in millimetres.
const PAPER: (f64, f64) = (210.0, 297.0);

/// What the device made of the request.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Agreed {
    /// Resolution the device will use.
    pub(crate) dpi: u32,
    /// More sheets can follow without a hand touching the device.
    pub(crate) feeds: bool,
}

/// Sets up the device. Options named in the request win over what would be chosen here.
pub(crate) fn apply(device: &Device<'_>, request: &ScanRequest) -> Result<Agreed, Status> {
    let named = |name: &str| request.options.iter().any(|(n, _)| n == name);
    // The source first: it decides what all others may be. Geometry last: it depends on all.
    if !named("source") {
        set_source(device, request.source)?;
    }
    if !named("mode") {
        set_mode(device, request.mode)?;
    }
    if !named("depth") {
        set_number(device, "depth", 8.0, Rounding::Nearest)?;
    }
    if !named("resolution") {
        let wish = f64::from(request.dpi);
        if device.option("resolution").is_some_and(|o| o.usable) {
            set_number(device, "resolution", wish, Rounding::NotBelow)?;
        } else {
            set_number(device, "x-resolution", wish, Rounding::NotBelow)?;
            set_number(device, "y-resolution", wish, Rounding::NotBelow)?;
        }
    }
    for (name, value) in &request.options {
        let option = device.option(name).ok_or(Status::Unsupported)?;
        device.set(&option, &verbatim(&option, value).ok_or(Status::Invalid)?)?;
    }
    let dpi = ["resolution", "x-resolution"]
        .iter()
        .find_map(|name| device.option(name).and_then(|o| device.number(&o)))
        .filter(|dpi| (1.0..=65_535.0).contains(dpi));
    // In 1..=65535 by the line above.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let dpi = dpi.map_or(request.dpi, |dpi| dpi.round() as u32);
    if !["tl-x", "tl-y", "br-x", "br-y", "page-width", "page-height"].into_iter().any(named) {
        set_paper(device, dpi)?;
    }
    let feeds = match device.option("source").and_then(|o| device.text(&o)) {
        Some(source) => is_feeder(&source),
        None => request.source == ScannerSource::Feeder,
    };
    Ok(Agreed { dpi, feeds })
}

fn set_source(device: &Device<'_>, wish: ScannerSource) -> Result<(), Status> {
    let Some(option) = device.option("source").filter(|o| o.usable) else {
        return Ok(()); // one source only: it is the one that is meant
    };
    let Constraint::Texts(offered) = &option.constraint else { return Ok(()) };
    let Some(choice) = (match wish {
        ScannerSource::Auto => return Ok(()),
        ScannerSource::Flatbed => flatbed_of(offered),
        ScannerSource::Feeder => feeder_of(offered),
    }) else {
        return Err(Status::Unsupported);
    };
    device.set(&option, &Value::Text(choice.clone()))
}

fn set_mode(device: &Device<'_>, wish: ColorMode) -> Result<(), Status> {
    let Some(option) = device.option("mode").filter(|o| o.usable) else { return Ok(()) };
    let Constraint::Texts(offered) = &option.constraint else { return Ok(()) };
    let choice = mode_of(offered, wish).ok_or(Status::Unsupported)?;
    device.set(&option, &Value::Text(choice.clone()))
}

/// The largest area up to A4; a device without these options scans what it scans.
fn set_paper(device: &Device<'_>, dpi: u32) -> Result<(), Status> {
    let ours = |option: &DeviceOption, millimetres: f64| match option.unit {
        Unit::Pixel => millimetres / 25.4 * f64::from(dpi),
        Unit::Millimetre | Unit::Other => millimetres,
    };
    for (name, side) in [("page-width", PAPER.0), ("page-height", PAPER.1)] {
        if let Some(option) = device.option(name) {
            set_number(device, name, ours(&option, side), Rounding::Nearest)?;
        }
    }
    for (near, far, side) in [("tl-x", "br-x", PAPER.0), ("tl-y", "br-y", PAPER.1)] {
        set_number(device, near, 0.0, Rounding::Nearest)?;
        let start = device.option(near).and_then(|o| device.number(&o)).unwrap_or(0.0);
        if let Some(option) = device.option(far) {
            set_number(device, far, start + ours(&option, side), Rounding::Nearest)?;
        }
    }
    Ok(())
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Rounding {
    Nearest,
    /// The nearest legal value not below the wish; the highest when all are below.
    NotBelow,
}

/// Sets a number option to its legal value for the wish; a device without it keeps its own.
fn set_number(device: &Device<'_>, name: &str, wish: f64, rounding: Rounding) -> Result<(), Status> {
    let Some(option) = device.option(name) else { return Ok(()) };
    if !option.usable || !matches!(option.kind, Kind::Int | Kind::Fixed) {
        return Ok(());
    }
    device.set(&option, &Value::Numbers(vec![legal(&option.constraint, wish, rounding)]))
}

fn legal(constraint: &Constraint, wish: f64, rounding: Rounding) -> f64 {
    match constraint {
        Constraint::Free | Constraint::Texts(_) => wish,
        Constraint::Range { min, max, step } => {
            // `max` before `min`: a driver's empty range must not panic as `clamp` would.
            let wish = wish.min(*max).max(*min);
            if *step <= 0.0 {
                return wish;
            }
            let steps = (wish - min) / step;
            let steps = match rounding {
                Rounding::Nearest => steps.round(),
                // A hair of tolerance for values that were fixed-point numbers.
                Rounding::NotBelow => (steps - 1e-3).ceil(),
            };
            let value = min + steps.max(0.0) * step;
            if value > max + 1e-3 { min + (steps - 1.0).max(0.0) * step } else { value }
        }
        Constraint::Numbers(numbers) => {
            let best = match rounding {
                Rounding::Nearest => {
                    numbers.iter().min_by(|a, b| (*a - wish).abs().total_cmp(&(*b - wish).abs()))
                }
                Rounding::NotBelow => numbers
                    .iter()
                    .filter(|n| **n >= wish - 1e-3)
                    .min_by(|a, b| a.total_cmp(b))
                    .or_else(|| numbers.iter().max_by(|a, b| a.total_cmp(b))),
            };
            best.copied().unwrap_or(wish)
        }
    }
}

fn verbatim(option: &DeviceOption, value: &str) -> Option<Value> {
    match option.kind {
        Kind::Bool => match value {
            "yes" | "true" | "1" | "on" => Some(Value::Bool(true)),
            "no" | "false" | "0" | "off" => Some(Value::Bool(false)),
            _ => None,
        },
        Kind::Int | Kind::Fixed => {
            let numbers = value.split(',').map(|n| n.trim().parse::<f64>().ok().filter(|n| n.is_finite()));
            Some(Value::Numbers(numbers.collect::<Option<_>>()?))
        }
        Kind::Text => Some(Value::Text(value.to_owned())),
        Kind::Button => Some(Value::Press),
        Kind::Group => None,
    }
}

fn is_feeder(source: &str) -> bool {
    let source = source.to_lowercase();
    source.contains("feeder") || words(&source).any(|word| word.starts_with("adf"))
}

fn flatbed_of(offered: &[String]) -> Option<&String> {
    let flat = ["flatbed", "document table", "platen", "glass", "normal"];
    flat.iter().find_map(|name| offered.iter().find(|source| source.to_lowercase().contains(name)))
}

/// A feeder that reads one side. Duplex is never chosen here: devices asked for what they cannot do
/// have gone dead until their power was cut.
fn feeder_of(offered: &[String]) -> Option<&String> {
    let both = ["duplex", "both sides", "2-sided", "two-sided", "double"];
    let one_side = |source: &&String| {
        let source = source.to_lowercase();
        let other = both.iter().any(|name| source.contains(name));
        is_feeder(&source) && !other && !words(&source).any(|w| matches!(w, "dp" | "back"))
    };
    offered.iter().find(one_side)
}

fn mode_of(offered: &[String], wish: ColorMode) -> Option<&String> {
    let names: &[&str] = match wish {
        ColorMode::Color => &["color", "colour"],
        ColorMode::Gray => &["gray", "grey"],
    };
    let spoiled = ["binary", "lineart", "halftone", "dither", "16", "48"];
    let plain = |mode: &String| !spoiled.iter().any(|word| mode.to_lowercase().contains(word));
    let exact = offered.iter().find(|m| names.iter().any(|n| m.eq_ignore_ascii_case(n)));
    exact.or_else(|| offered.iter().find(|m| plain(m) && names.iter().any(|n| m.to_lowercase().contains(n))))
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn list(names: &[&str]) -> Vec<String> {
        names.iter().map(|n| (*n).to_owned()).collect()
    }

    #[test]
    fn sources_of_many_makers_are_understood_and_duplex_is_never_taken() {
        for (offered, flatbed, feeder) in [
            (vec!["Flatbed", "Automatic Document Feeder"], Some(0), Some(1)),
            (
                vec![
                    "FlatBed",
                    "Automatic Document Feeder(left aligned)",
                    "Automatic Document Feeder(left aligned,Duplex)",
                ],
                Some(0),
                Some(1),
            ),
            (vec!["Flatbed", "ADF", "ADF Duplex"], Some(0), Some(1)),
            (vec!["ADF Duplex", "ADF Front", "ADF Back"], None, Some(1)),
            (vec!["Document Table", "DP"], Some(0), None),
            (vec!["Flatbed", "ADF 2-sided"], Some(0), None),
            (vec!["Normal", "Transparency Adapter"], Some(0), None),
        ] {
            let offered = list(&offered);
            assert_eq!(flatbed_of(&offered), flatbed.map(|n: usize| &offered[n]), "{offered:?}");
            assert_eq!(feeder_of(&offered), feeder.map(|n: usize| &offered[n]), "{offered:?}");
        }
    }

    #[test]
    fn colour_is_never_quietly_something_less() {
        for (offered, color, gray) in [
            (vec!["Lineart", "Gray", "Color"], Some("Color"), Some("Gray")),
            (vec!["Binary", "True Gray", "24bit Color"], Some("24bit Color"), Some("True Gray")),
            (
                vec!["Black & White", "Gray[Error Diffusion]", "24bit Color[Fast]"],
                Some("24bit Color[Fast]"),
                Some("Gray[Error Diffusion]"),
            ),
            (vec!["Color Lineart", "Gray"], None, Some("Gray")),
            (vec!["Lineart"], None, None),
        ] {
            let offered = list(&offered);
            assert_eq!(mode_of(&offered, ColorMode::Color).map(String::as_str), color, "{offered:?}");
            assert_eq!(mode_of(&offered, ColorMode::Gray).map(String::as_str), gray, "{offered:?}");
        }
    }

    #[test]
    fn a_resolution_is_not_below_the_wish_where_the_device_can() {
        let steps = Constraint::Numbers(vec![75.0, 600.0, 150.0, 300.0]);
        assert_eq!(legal(&steps, 200.0, Rounding::NotBelow), 300.0);
        assert_eq!(legal(&steps, 300.0, Rounding::NotBelow), 300.0);
        assert_eq!(legal(&steps, 1200.0, Rounding::NotBelow), 600.0);
        let range = Constraint::Range { min: 50.0, max: 600.0, step: 60.0 };
        assert_eq!(legal(&range, 200.0, Rounding::NotBelow), 230.0);
        assert_eq!(legal(&range, 5.0, Rounding::NotBelow), 50.0);
        assert_eq!(legal(&range, 900.0, Rounding::NotBelow), 590.0, "600 is not a whole step");
        assert_eq!(
            legal(&Constraint::Range { min: 0.0, max: 216.0, step: 0.0 }, 210.0, Rounding::Nearest),
            210.0
        );
        assert_eq!(legal(&Constraint::Numbers(vec![]), 9.0, Rounding::Nearest), 9.0);
    }
}
