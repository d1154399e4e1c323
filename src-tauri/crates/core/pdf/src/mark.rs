//! A mark on every page of a finished form, for a sheet that is printed again.

use crate::sheet::{Cut, Paper, Sheet};
use crate::{FormFonts, PdfError};
use lopdf::{Dictionary, Document, Object, ObjectId, Stream, dictionary};

const POINTS: f32 = 25.4 / 72.0;
const SIZE: f32 = 9.0;

/// Writes `text` at the upper right of every page; what stands on the pages stays as it is.
///
/// # Errors
/// [`PdfError::Broken`] when the file cannot be read, [`PdfError::Font`] when a font cannot.
pub fn marked(pdf: &[u8], text: &str, fonts: &FormFonts<'_>) -> Result<Vec<u8>, PdfError> {
    let mut document = load(pdf)?;
    let pages: Vec<ObjectId> = document.get_pages().into_values().collect();
    for page in pages {
        let (wide, tall) = size_of(&document, page)?;
        let form = bring(&mut document, &mark(text, wide, tall, fonts)?, wide, tall)?;
        document.add_xobject(page, "BanInLai", form).map_err(broken)?;
        stamp(&mut document, page)?;
    }
    let mut out = Vec::new();
    document.save_to(&mut out).map_err(|_| PdfError::Broken("marked file"))?;
    Ok(out)
}

/// Width and height of the first page in whole millimetres.
///
/// # Errors
/// [`PdfError::Broken`] when the file cannot be read.
pub fn page_size(pdf: &[u8]) -> Result<(u32, u32), PdfError> {
    let document = load(pdf)?;
    let page = *document.get_pages().values().next().ok_or(PdfError::Empty)?;
    let (wide, tall) = size_of(&document, page)?;
    // A page is at most 14,400 points.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let whole = |points: f32| (points * POINTS - 0.1).ceil() as u32;
    Ok((whole(wide), whole(tall)))
}

fn load(pdf: &[u8]) -> Result<Document, PdfError> {
    Document::load_mem(pdf).map_err(broken)
}

fn broken(_: lopdf::Error) -> PdfError {
    PdfError::Broken("form to be marked")
}

/// The page's own box, or the one it has from its parents.
fn size_of(document: &Document, page: ObjectId) -> Result<(f32, f32), PdfError> {
    let mut node = document.get_dictionary(page).map_err(broken)?;
    for _ in 0..8 {
        if let Ok(area) = node.get(b"MediaBox") {
            let area = document.dereference(area).map_err(broken)?.1.as_array().map_err(broken)?;
            let sides: Vec<f32> = area.iter().filter_map(|side| side.as_float().ok()).collect();
            let [left, bottom, right, top] = sides[..] else { break };
            return Ok((right - left, top - bottom));
        }
        let Ok(parent) = node.get(b"Parent").and_then(Object::as_reference) else { break };
        node = document.get_dictionary(parent).map_err(broken)?;
    }
    Err(PdfError::Broken("page without a size"))
}

/// A page of that size with nothing but the mark on it.
fn mark(text: &str, wide: f32, tall: f32, fonts: &FormFonts<'_>) -> Result<Vec<u8>, PdfError> {
    let mut sheet = Sheet::new(text, Paper::bare(wide, tall), fonts)?;
    let right = wide - (wide / 20.0);
    let x = right - sheet.width(Cut::Bold, SIZE, text);
    sheet.put(Cut::Bold, SIZE, x, SIZE + 4.0, text);
    Ok(sheet.finish(""))
}

/// Takes the page of another file over as a picture, with what it needs.
fn bring(document: &mut Document, pdf: &[u8], wide: f32, tall: f32) -> Result<ObjectId, PdfError> {
    let mut other = load(pdf)?;
    other.renumber_objects_with(document.max_id + 1);
    let page = *other.get_pages().values().next().ok_or(PdfError::Empty)?;
    let content = other.get_page_content(page);
    let resources = other
        .get_dictionary(page)
        .and_then(|page| page.get(b"Resources"))
        .cloned()
        .unwrap_or_else(|_| Object::Dictionary(Dictionary::new()));
    document.max_id = document.max_id.max(other.max_id);
    document.objects.extend(other.objects);
    let form = dictionary! {
        "Type" => "XObject",
        "Subtype" => "Form",
        "BBox" => vec![0.into(), 0.into(), wide.into(), tall.into()],
        "Resources" => resources,
    };
    Ok(document.add_object(Stream::new(form, content)))
}

/// Draws the mark after everything else, from a state of its own.
fn stamp(document: &mut Document, page: ObjectId) -> Result<(), PdfError> {
    let before = document.add_object(Stream::new(Dictionary::new(), b"q\n".to_vec()));
    let after = document.add_object(Stream::new(Dictionary::new(), b"\nQ q /BanInLai Do Q\n".to_vec()));
    let contents = document.get_dictionary(page).and_then(|page| page.get(b"Contents")).cloned();
    let mut parts = vec![Object::Reference(before)];
    match contents {
        Ok(Object::Array(known)) => parts.extend(known),
        Ok(one @ Object::Reference(_)) => match document.dereference(&one).map_err(broken)?.1 {
            Object::Array(known) => parts.extend(known.clone()),
            _ => parts.push(one),
        },
        _ => {}
    }
    parts.push(Object::Reference(after));
    let page = document.get_object_mut(page).and_then(Object::as_dict_mut).map_err(broken)?;
    page.set("Contents", parts);
    Ok(())
}
