//! What a hand puts on a paper: the seal, the signature; and the mark that says it is a specimen.

use super::canvas::{BLUE, Canvas, Chance, Cut, FAINT, HEIGHT, Ink, RED, Typeface, WIDTH};
use std::f32::consts::{FRAC_PI_2, PI, TAU};

const SEAL_RADIUS: f32 = 138.0;

/// A round red seal, unevenly pressed, which nobody can take for a real one.
#[allow(clippy::cast_possible_truncation, clippy::cast_precision_loss)]
pub(crate) fn seal(canvas: &mut Canvas, face: &Typeface, (x, y): (f32, f32), seed: u64) {
    let mut chance = Chance::new(seed ^ 0x5ea1);
    let tilt = chance.wobble() * 0.12;
    let (press_x, press_y) = (chance.wobble(), chance.wobble());
    let ring = |radius: f32, at: f32, width: f32| (1.0 - ((radius - at).abs() - width).max(0.0)).max(0.0);
    let reach = SEAL_RADIUS as i32 + 6;
    for dy in -reach..=reach {
        for dx in -reach..=reach {
            let radius = (dx as f32).hypot(dy as f32);
            let cover = ring(radius, SEAL_RADIUS, 3.0).max(ring(radius, SEAL_RADIUS - 10.0, 0.6)).max(ring(
                radius,
                SEAL_RADIUS * 0.60,
                1.0,
            ));
            let press = 0.84 + 0.10 * (dx as f32 * press_x + dy as f32 * press_y) / SEAL_RADIUS;
            if cover > 0.0 {
                canvas.ink(x as i32 + dx, y as i32 + dy, RED, cover * press * (0.80 + 0.20 * chance.unit()));
            }
        }
    }
    arc(canvas, face, (x, y), "ỦY BAN NHÂN DÂN XÃ AN HÒA", (tilt, SEAL_RADIUS * 0.77), true);
    arc(canvas, face, (x, y), "KHÔNG CÓ GIÁ TRỊ", (tilt, SEAL_RADIUS * 0.77), false);
    canvas.turned_text(face, (x, y), tilt, "DEMO", (Cut::Bold, 19.0), (RED, 0.86));
}

/// Text along a circle: over the top, or along the bottom readable from inside.
#[allow(clippy::cast_precision_loss)]
fn arc(
    canvas: &mut Canvas,
    face: &Typeface,
    (x, y): (f32, f32),
    text: &str,
    (tilt, radius): (f32, f32),
    over: bool,
) {
    let style = (Cut::Bold, 8.0);
    let step = |letter: char| (face.width(&letter.to_string(), style.0, style.1) + 1.6) / radius;
    let whole: f32 = text.chars().map(step).sum();
    let mut at = -whole / 2.0;
    for letter in text.chars() {
        let middle = at + step(letter) / 2.0;
        at += step(letter);
        let (place, turn) = if over {
            (middle - FRAC_PI_2 + tilt, middle + tilt)
        } else {
            (FRAC_PI_2 - middle + tilt, tilt - middle)
        };
        let centre = (x + radius * place.cos(), y + radius * place.sin());
        canvas.turned_text(face, centre, turn, &letter.to_string(), style, (RED, 0.84));
    }
}

/// A signature in blue ball pen, a different hand for every seed.
#[allow(clippy::cast_possible_truncation, clippy::cast_precision_loss)]
pub(crate) fn signature(canvas: &mut Canvas, (x, y): (f32, f32), seed: u64) {
    let mut chance = Chance::new(seed ^ 0x519);
    let loops = 4.0 + (chance.unit() * 3.0).floor();
    let (lean, phase) = (0.25 + chance.unit() * 0.35, chance.unit() * TAU);
    let tall: Vec<f32> = (0..8).map(|_| 16.0 + chance.unit() * 40.0).collect();
    let length = 250.0 + chance.unit() * 70.0;
    let mut pen = Pen::new((x, y));
    let steps = 2600;
    for step in 0..steps {
        let t = step as f32 / steps as f32;
        let turn = t * loops * TAU + phase;
        let high = tall[((t * loops) as usize).min(tall.len() - 1)] * (1.0 - 0.35 * t);
        let up = turn.sin() * high + (t * PI * 1.5).sin() * 8.0;
        let across = (t - 0.5) * length + turn.cos() * 15.0 + up * lean;
        pen.touch((x + across, y - up), 1.5 + 0.9 * (turn * 0.5).sin().abs());
    }
    // The stroke under the name.
    for step in 0..900 {
        let t = step as f32 / 900.0;
        let across = (0.62 - t * 1.12) * length;
        let down = 26.0 + (t * PI).sin() * 12.0 - t * 16.0;
        pen.touch((x + across, y + down), 1.2 + (t * PI).sin());
    }
    pen.lift(canvas, BLUE);
}

/// A stroke gathered before it is inked: where it crosses itself it is not darker.
struct Pen {
    corner: (f32, f32),
    cover: Vec<f32>,
}

#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    clippy::cast_possible_wrap
)]
impl Pen {
    const WIDTH: usize = 640;
    const HEIGHT: usize = 320;

    fn new((x, y): (f32, f32)) -> Self {
        let corner = ((x - Self::WIDTH as f32 / 2.0).floor(), (y - Self::HEIGHT as f32 / 2.0).floor());
        Self { corner, cover: vec![0.0; Self::WIDTH * Self::HEIGHT] }
    }

    fn touch(&mut self, (x, y): (f32, f32), radius: f32) {
        let (x, y) = (x - self.corner.0, y - self.corner.1);
        let reach = radius.ceil() as i32 + 1;
        for dy in -reach..=reach {
            for dx in -reach..=reach {
                let (px, py) = (x.floor() + dx as f32, y.floor() + dy as f32);
                let inside = px >= 0.0 && py >= 0.0 && px < Self::WIDTH as f32 && py < Self::HEIGHT as f32;
                if inside {
                    let cover = (radius + 0.5 - (px - x).hypot(py - y)).clamp(0.0, 1.0);
                    let spot = &mut self.cover[py as usize * Self::WIDTH + px as usize];
                    *spot = spot.max(cover);
                }
            }
        }
    }

    fn lift(&self, canvas: &mut Canvas, ink: Ink) {
        for (n, cover) in self.cover.iter().enumerate().filter(|(_, cover)| **cover > 0.0) {
            let (x, y) = ((n % Self::WIDTH) as i32, (n / Self::WIDTH) as i32);
            canvas.ink(self.corner.0 as i32 + x, self.corner.1 as i32 + y, ink, cover * 0.92);
        }
    }
}

/// The diagonal mark of a specimen.
#[allow(clippy::cast_precision_loss)]
pub(crate) fn specimen_mark(canvas: &mut Canvas, face: &Typeface) {
    let angle = -(HEIGHT as f32).atan2(WIDTH as f32);
    let middle = (WIDTH as f32 / 2.0, HEIGHT as f32 / 2.0);
    let text = "MẪU - KHÔNG CÓ GIÁ TRỊ";
    canvas.turned_text(face, middle, angle, text, (Cut::Bold, 58.0), (FAINT, 0.26));
}
