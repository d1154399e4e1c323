//! A sheet of A4 at 200 dpi: text, lines, seal and pen go on as ink; [`Canvas::scanned`] lays it on
//! the glass.

use ab_glyph::{Font, FontRef, Glyph, PxScale, ScaleFont, point};

/// Width of A4 at 200 dpi.
pub(crate) const WIDTH: usize = 1654;
/// Height of A4 at 200 dpi.
pub(crate) const HEIGHT: usize = 2339;
const PIXELS_PER_POINT: f32 = 200.0 / 72.0;

/// A colour of ink.
pub(crate) type Ink = [u8; 3];
pub(crate) const BLACK: Ink = [34, 32, 36];
pub(crate) const RED: Ink = [204, 34, 46];
pub(crate) const BLUE: Ink = [32, 52, 158];
pub(crate) const FAINT: Ink = [150, 150, 156];

/// A cut of the typeface.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Cut {
    Regular,
    Bold,
    Italic,
}

/// The typeface of the papers.
pub(crate) struct Typeface {
    regular: FontRef<'static>,
    bold: FontRef<'static>,
    italic: FontRef<'static>,
}

impl Typeface {
    pub(crate) fn load() -> anyhow::Result<Self> {
        Ok(Self {
            regular: FontRef::try_from_slice(include_bytes!(
                "../../../../../../assets/fonts/LiberationSerif-Regular.ttf"
            ))?,
            bold: FontRef::try_from_slice(include_bytes!(
                "../../../../../../assets/fonts/LiberationSerif-Bold.ttf"
            ))?,
            italic: FontRef::try_from_slice(include_bytes!(
                "../../../../../../assets/fonts/LiberationSerif-Italic.ttf"
            ))?,
        })
    }

    fn font(&self, cut: Cut) -> &FontRef<'static> {
        match cut {
            Cut::Regular => &self.regular,
            Cut::Bold => &self.bold,
            Cut::Italic => &self.italic,
        }
    }

    fn scale(&self, cut: Cut, points: f32) -> PxScale {
        let font = self.font(cut);
        let em = points * PIXELS_PER_POINT;
        PxScale::from(em * font.height_unscaled() / font.units_per_em().unwrap_or(2048.0))
    }

    /// Width in pixels.
    pub(crate) fn width(&self, text: &str, cut: Cut, points: f32) -> f32 {
        self.glyphs(text, cut, points).1
    }

    /// Glyphs on the baseline y = 0 from x = 0, and the width of all.
    fn glyphs(&self, text: &str, cut: Cut, points: f32) -> (Vec<Glyph>, f32) {
        let font = self.font(cut);
        let scale = self.scale(cut, points);
        let scaled = font.as_scaled(scale);
        let (mut glyphs, mut x, mut before) = (Vec::new(), 0.0, None);
        for letter in text.chars() {
            let id = font.glyph_id(letter);
            if let Some(before) = before {
                x += scaled.kern(before, id);
            }
            glyphs.push(id.with_scale_and_position(scale, point(x, 0.0)));
            x += scaled.h_advance(id);
            before = Some(id);
        }
        (glyphs, x)
    }
}

/// Repeatable chance.
pub(crate) struct Chance(u64);

impl Chance {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// In 0..1.
    pub(crate) fn unit(&mut self) -> f32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        f32::from(u16::try_from(self.0 >> 48).unwrap_or(0)) / 65_536.0
    }

    /// In -1..1, middling values more often.
    pub(crate) fn wobble(&mut self) -> f32 {
        (self.unit() + self.unit() + self.unit()) / 1.5 - 1.0
    }
}

/// The sheet: how much of each light is left, 1 white.
pub(crate) struct Canvas {
    light: Vec<[f32; 3]>,
}

// Pixel positions are small and kept inside the sheet by `ink`; the casts cannot lose anything real.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    clippy::cast_possible_wrap
)]
impl Canvas {
    pub(crate) fn new() -> Self {
        Self { light: vec![[1.0; 3]; WIDTH * HEIGHT] }
    }

    /// Lays ink on one pixel; inks over each other darken, as on paper.
    pub(crate) fn ink(&mut self, x: i32, y: i32, ink: Ink, cover: f32) {
        if x < 0 || y < 0 || x >= WIDTH as i32 || y >= HEIGHT as i32 {
            return;
        }
        let cover = cover.clamp(0.0, 1.0);
        for (light, ink) in self.light[y as usize * WIDTH + x as usize].iter_mut().zip(ink) {
            *light *= 1.0 - cover * (1.0 - f32::from(ink) / 255.0);
        }
    }

    /// Text with its baseline at `y`; returns where it ends.
    pub(crate) fn text(
        &mut self,
        face: &Typeface,
        (x, y): (f32, f32),
        text: &str,
        (cut, points): (Cut, f32),
        ink: Ink,
    ) -> f32 {
        let (glyphs, width) = face.glyphs(text, cut, points);
        for mut glyph in glyphs {
            glyph.position.x += x;
            glyph.position.y += y;
            if let Some(outline) = face.font(cut).outline_glyph(glyph) {
                let at = outline.px_bounds().min;
                outline.draw(|dx, dy, cover| {
                    self.ink(at.x as i32 + dx as i32, at.y as i32 + dy as i32, ink, cover);
                });
            }
        }
        x + width
    }

    /// Text turned by `angle` around its own middle, which lies at (x, y). `strength` and `spots`
    /// (0 none) make it faint or worn.
    pub(crate) fn turned_text(
        &mut self,
        face: &Typeface,
        (x, y): (f32, f32),
        angle: f32,
        text: &str,
        (cut, points): (Cut, f32),
        (ink, strength): (Ink, f32),
    ) {
        let (glyphs, width) = face.glyphs(text, cut, points);
        let rise = points * PIXELS_PER_POINT;
        let (mask_width, mask_height) = (width as usize + 8, (rise * 2.0) as usize);
        let mut mask = vec![0f32; mask_width * mask_height];
        for mut glyph in glyphs {
            glyph.position.x += 4.0;
            glyph.position.y += rise * 1.4;
            if let Some(outline) = face.font(cut).outline_glyph(glyph) {
                let at = outline.px_bounds().min;
                outline.draw(|dx, dy, cover| {
                    let (mx, my) = (at.x as i32 + dx as i32, at.y as i32 + dy as i32);
                    if mx >= 0 && my >= 0 && (mx as usize) < mask_width && (my as usize) < mask_height {
                        mask[my as usize * mask_width + mx as usize] += cover;
                    }
                });
            }
        }
        // The middle of the small letters, not of the whole line height.
        let middle = (mask_width as f32 / 2.0, rise * 1.4 - rise * 0.33);
        let reach = (mask_width as f32).hypot(mask_height as f32) / 2.0 + 2.0;
        let (sin, cos) = angle.sin_cos();
        for dy in -(reach as i32)..=reach as i32 {
            for dx in -(reach as i32)..=reach as i32 {
                let (fx, fy) = (dx as f32, dy as f32);
                let (mx, my) = (fx * cos + fy * sin + middle.0, -fx * sin + fy * cos + middle.1);
                let at = |column: i32, row: i32| {
                    if column < 0 || row < 0 || column as usize >= mask_width || row as usize >= mask_height {
                        0.0
                    } else {
                        mask[row as usize * mask_width + column as usize]
                    }
                };
                let (left, top) = (mx.floor(), my.floor());
                let (across, down) = (mx - left, my - top);
                let (left, top) = (left as i32, top as i32);
                let cover = (at(left, top) * (1.0 - across) + at(left + 1, top) * across) * (1.0 - down)
                    + (at(left, top + 1) * (1.0 - across) + at(left + 1, top + 1) * across) * down;
                if cover > 0.0 {
                    self.ink(x as i32 + dx, y as i32 + dy, ink, cover * strength);
                }
            }
        }
    }

    /// A straight line of even width.
    pub(crate) fn line(&mut self, from: (f32, f32), to: (f32, f32), width: f32) {
        let vertical = (from.0 - to.0).abs() < (from.1 - to.1).abs();
        let (start, end) = if vertical { (from.1, to.1) } else { (from.0, to.0) };
        for along in start as i32..=end as i32 {
            for across in 0..width.ceil() as i32 {
                let (x, y) =
                    if vertical { (from.0 as i32 + across, along) } else { (along, from.1 as i32 + across) };
                self.ink(x, y, BLACK, (width - across as f32).min(1.0));
            }
        }
    }

    /// The sheet as a scanner sees it: a little askew, paper of its own colour, a shadow where the
    /// lid lifts, grain. RGB samples.
    pub(crate) fn scanned(&self, seed: u64) -> Vec<u8> {
        let mut chance = Chance::new(seed);
        let angle = chance.wobble() * 0.0042;
        let (sin, cos) = angle.sin_cos();
        let paper = [0.985 + chance.wobble() * 0.006, 0.974 + chance.wobble() * 0.006, 0.938];
        let (middle_x, middle_y) = (WIDTH as f32 / 2.0, HEIGHT as f32 / 2.0);
        let mut samples = Vec::with_capacity(WIDTH * HEIGHT * 3);
        for y in 0..HEIGHT {
            let fall = (y as f32 / HEIGHT as f32 - 0.4) * 0.018;
            for x in 0..WIDTH {
                let (fx, fy) = (x as f32 - middle_x, y as f32 - middle_y);
                let light = self.between(fx * cos + fy * sin + middle_x, -fx * sin + fy * cos + middle_y);
                let edge = x.min(WIDTH - 1 - x).min(y) as f32;
                let shade = 1.0 - fall.max(0.0) - 0.10 * (-edge / 9.0).exp();
                let grain = chance.wobble() * 0.014;
                for (light, paper) in light.into_iter().zip(paper) {
                    let sample = (light * paper * shade + grain + 0.012) * 255.0;
                    samples.push(sample.clamp(0.0, 255.0) as u8);
                }
            }
        }
        samples
    }

    fn between(&self, x: f32, y: f32) -> [f32; 3] {
        let x = x.clamp(0.0, (WIDTH - 2) as f32);
        let y = y.clamp(0.0, (HEIGHT - 2) as f32);
        let (left, top) = (x as usize, y as usize);
        let (across, down) = (x - left as f32, y - top as f32);
        let at = top * WIDTH + left;
        let corners =
            [self.light[at], self.light[at + 1], self.light[at + WIDTH], self.light[at + WIDTH + 1]];
        std::array::from_fn(|c| {
            (corners[0][c] * (1.0 - across) + corners[1][c] * across) * (1.0 - down)
                + (corners[2][c] * (1.0 - across) + corners[3][c] * across) * down
        })
    }
}
