//! Our own sRGB ICC profile, version 2.1, computed from IEC 61966-2-1.

/// Points of the tone curve.
const POINTS: u16 = 1024;

/// The profile's bytes; the same on every call.
pub(crate) fn srgb_profile() -> Vec<u8> {
    // Primaries and white of sRGB adapted to D50 (Bradford).
    let white = xyz([0.9642, 1.0, 0.8249]);
    let red = xyz([0.436_074_7, 0.222_504_5, 0.013_932_2]);
    let green = xyz([0.385_064_9, 0.716_878_6, 0.097_104_5]);
    let blue = xyz([0.143_080_4, 0.060_616_9, 0.714_173_3]);
    let parts: [(&[u8; 4], Vec<u8>); 7] = [
        (b"desc", description("sRGB IEC61966-2-1 (Mot Cua)")),
        (b"cprt", copyright("No copyright, use freely")),
        (b"wtpt", white),
        (b"rXYZ", red),
        (b"gXYZ", green),
        (b"bXYZ", blue),
        (b"rTRC", tone_curve()),
    ];
    // The three channels share one curve.
    let tags = parts.len() + 2;
    let mut offset = 128 + 4 + 12 * tags;
    let mut table = Vec::new();
    let mut body = Vec::new();
    for (name, bytes) in &parts {
        let names: &[&[u8; 4]] = if *name == b"rTRC" { &[b"rTRC", b"gTRC", b"bTRC"] } else { &[name] };
        for name in names {
            table.extend_from_slice(*name);
            table.extend(word(offset));
            table.extend(word(bytes.len()));
        }
        body.extend_from_slice(bytes);
        body.resize(body.len().next_multiple_of(4), 0);
        offset = 128 + 4 + 12 * tags + body.len();
    }
    let mut profile = header(offset);
    profile.extend(word(tags));
    profile.extend(table);
    profile.extend(body);
    profile
}

fn header(size: usize) -> Vec<u8> {
    let mut header = Vec::with_capacity(128);
    header.extend(word(size));
    header.extend([0; 4]);
    header.extend([2, 0x10, 0, 0]);
    header.extend(b"mntrRGB XYZ ");
    for part in [2026_u16, 1, 1, 0, 0, 0] {
        header.extend(part.to_be_bytes());
    }
    header.extend(b"acsp");
    header.resize(68, 0);
    for part in [0.9642, 1.0, 0.8249] {
        header.extend(fixed(part));
    }
    header.resize(128, 0);
    header
}

fn word(number: usize) -> [u8; 4] {
    u32::try_from(number).unwrap_or(u32::MAX).to_be_bytes()
}

#[allow(clippy::cast_possible_truncation)] // values below 2
fn fixed(value: f64) -> [u8; 4] {
    ((value * 65536.0).round() as i32).to_be_bytes()
}

fn xyz(values: [f64; 3]) -> Vec<u8> {
    let mut bytes = b"XYZ \0\0\0\0".to_vec();
    values.iter().for_each(|&value| bytes.extend(fixed(value)));
    bytes
}

fn copyright(text: &str) -> Vec<u8> {
    let mut bytes = b"text\0\0\0\0".to_vec();
    bytes.extend(text.as_bytes());
    bytes.push(0);
    bytes
}

fn description(text: &str) -> Vec<u8> {
    let mut bytes = b"desc\0\0\0\0".to_vec();
    bytes.extend(word(text.len() + 1));
    bytes.extend(text.as_bytes());
    bytes.push(0);
    // No Unicode and no Macintosh name.
    bytes.resize(bytes.len() + 4 + 4 + 2 + 1 + 67, 0);
    bytes
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // between 0 and 65535
fn tone_curve() -> Vec<u8> {
    let mut bytes = b"curv\0\0\0\0".to_vec();
    bytes.extend(u32::from(POINTS).to_be_bytes());
    for point in 0..POINTS {
        let x = f64::from(point) / f64::from(POINTS - 1);
        let y = if x <= 0.040_45 { x / 12.92 } else { ((x + 0.055) / 1.055).powf(2.4) };
        bytes.extend(((y * 65535.0).round() as u16).to_be_bytes());
    }
    bytes
}
