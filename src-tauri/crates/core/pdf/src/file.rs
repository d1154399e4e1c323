//! A strict reader: cross-reference tables, streams and hybrids; object streams; revisions.
//!
//! Nothing is repaired. What a tolerant program would paper over is an error here, or a
//! [`File::fault`] that forbids signing in place.

use crate::PdfError;
use crate::limits::{self, Budget, Share};
use crate::token::{Dict, Kind, Lexer, Value, is_space};
use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io::Read;
use std::ops::Range;
use std::rc::Rc;

/// What a file is told that inflates beyond its budget.
const STREAMS: &str = "object and cross-reference streams";

/// Where an object lies.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Entry {
    Free,
    At { offset: usize, generation: u16 },
    Packed { stream: u32, index: usize },
}

/// How a cross-reference section is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Form {
    Table,
    Stream,
}

/// One cross-reference section with its trailer.
pub(crate) struct Section {
    pub(crate) offset: usize,
    pub(crate) form: Form,
    /// Its values' spans point into the file.
    pub(crate) trailer: Dict,
    pub(crate) entries: Vec<(u32, Entry)>,
}

/// An object's text and value; the spans of the value point into the text.
pub(crate) struct Object<'a> {
    pub(crate) text: Cow<'a, [u8]>,
    pub(crate) value: Value,
    /// Offset of `text` in the file; none for an object inside an object stream.
    pub(crate) offset: Option<usize>,
    pub(crate) generation: u16,
    /// Offset in the file of the stream's first byte.
    stream: Option<usize>,
}

struct Unpacked {
    data: Vec<u8>,
    /// Object number and offset in `data`.
    places: Vec<(u32, usize)>,
}

/// A readable file.
pub(crate) struct File<'a> {
    pub(crate) data: &'a [u8],
    /// Newest first.
    pub(crate) sections: Vec<Section>,
    pub(crate) entries: BTreeMap<u32, Entry>,
    /// The first reason not to sign in place.
    pub(crate) fault: Option<&'static str>,
    /// Failures are kept as well: nothing is inflated twice.
    unpacked: RefCell<HashMap<u32, Result<Rc<Unpacked>, PdfError>>>,
    share: Share,
    /// Entries and trailer values that the cross-reference may still bring.
    objects_left: usize,
}

impl<'a> File<'a> {
    /// Reads the structure of the file from its end.
    pub(crate) fn open(data: &'a [u8]) -> Result<Self, PdfError> {
        Self::open_within(data, &Budget::of(data.len()))
    }

    /// The same within a budget that other readings share.
    pub(crate) fn open_within(data: &'a [u8], budget: &Budget) -> Result<Self, PdfError> {
        let head = data.get(..data.len().min(1024)).unwrap_or_default();
        let Some(start) = position(head, b"%PDF-") else { return Err(PdfError::NotPdf) };
        let mut file = Self {
            data,
            sections: vec![],
            entries: BTreeMap::new(),
            fault: (start > 0).then_some("bytes before the header"),
            unpacked: RefCell::default(),
            share: budget.share(),
            objects_left: limits::objects(data.len()),
        };
        file.read_sections()?;
        if file.trailer().find("Encrypt").is_some() {
            return Err(PdfError::Encrypted);
        }
        Ok(file)
    }

    /// What the reading of this file may still hold.
    pub(crate) fn budget(&self) -> &Budget {
        self.share.budget()
    }

    /// Counts further bytes that are held because of this file.
    pub(crate) fn charge(&self, bytes: usize, what: &'static str) -> Result<(), PdfError> {
        self.share.take(bytes, what)
    }

    /// The newest trailer.
    pub(crate) fn trailer(&self) -> &Dict {
        static EMPTY: Dict = Dict(vec![]);
        self.sections.first().map_or(&EMPTY, |section| &section.trailer)
    }

    /// One more than the highest object number.
    pub(crate) fn size(&self) -> u32 {
        let said =
            self.trailer().find("Size").and_then(Value::int).and_then(|n| u32::try_from(n).ok()).unwrap_or(0);
        let seen = self.entries.last_key_value().map_or(0, |(number, _)| number.saturating_add(1));
        said.max(seen)
    }

    /// The object of that number.
    pub(crate) fn object(&self, number: u32) -> Result<Object<'a>, PdfError> {
        self.read_object(number).map_err(|error| match error {
            PdfError::TooMuch(what) => self.budget().refuse(what),
            other => other,
        })
    }

    fn read_object(&self, number: u32) -> Result<Object<'a>, PdfError> {
        match self.entries.get(&number) {
            Some(&Entry::At { offset, generation }) => self.object_at(offset, number, generation),
            Some(&Entry::Packed { stream, index }) => {
                let unpacked = self.unpack(stream)?;
                let &(held, offset) =
                    unpacked.places.get(index).ok_or(PdfError::Broken("object stream index"))?;
                if held != number {
                    return Err(PdfError::Broken("object stream holds another object"));
                }
                let text = unpacked.data.get(offset..).ok_or(PdfError::Broken("object stream offset"))?;
                let mut value = Lexer::new(text, 0).value()?;
                let begin = value.span.start;
                let text = text[value.span.clone()].to_vec();
                if begin > 0 {
                    value = Lexer::new(&text, 0).value()?;
                }
                Ok(Object { text: text.into(), value, offset: None, generation: 0, stream: None })
            }
            Some(Entry::Free) | None => Err(PdfError::Broken("object is missing")),
        }
    }

    /// The value a value stands for: itself, or the object it refers to (null when there is none).
    pub(crate) fn resolve(&self, value: &Value) -> Result<Value, PdfError> {
        let mut value = value.clone();
        for _ in 0..16 {
            let Some(number) = value.reference() else { return Ok(value) };
            value = match self.entries.get(&number) {
                None | Some(Entry::Free) => Value { kind: Kind::Null, span: 0..0 },
                Some(_) => self.object(number)?.value,
            };
        }
        Err(PdfError::Broken("references go round"))
    }

    /// The resolved value of a key, null as none.
    pub(crate) fn entry(&self, dict: &Dict, key: &str) -> Result<Option<Value>, PdfError> {
        let Some(value) = dict.find(key) else { return Ok(None) };
        Ok(Some(self.resolve(value)?).filter(|value| value.kind != Kind::Null))
    }

    /// Number and value of the catalog.
    pub(crate) fn catalog(&self) -> Result<(u32, Object<'a>), PdfError> {
        let number =
            self.trailer().find("Root").and_then(Value::reference).ok_or(PdfError::Broken("no catalog"))?;
        let object = self.object(number)?;
        if object.value.dict().is_none() {
            return Err(PdfError::Broken("catalog is no dictionary"));
        }
        Ok((number, object))
    }

    /// Object numbers of all pages in order.
    pub(crate) fn pages(&self) -> Result<Vec<u32>, PdfError> {
        let (_, catalog) = self.catalog()?;
        let root = catalog.value.dict().and_then(|dict| dict.find("Pages")).and_then(Value::reference);
        let mut todo = vec![root.ok_or(PdfError::Broken("no page tree"))?];
        let mut seen = BTreeSet::new();
        let mut pages = Vec::new();
        while let Some(number) = todo.pop() {
            if !seen.insert(number) {
                return Err(PdfError::Broken("page tree goes round"));
            }
            let object = self.object(number)?;
            let dict = object.value.dict().ok_or(PdfError::Broken("page tree node"))?;
            match self.entry(dict, "Kids")? {
                Some(kids) => {
                    let kids = kids.array().map(<[_]>::to_vec).ok_or(PdfError::Broken("page tree kids"))?;
                    // Every page is waited for once, so more than there are objects would go round.
                    if todo.len() + kids.len() > self.entries.len() {
                        return Err(PdfError::Broken("page tree goes round"));
                    }
                    for kid in kids.iter().rev() {
                        todo.push(kid.reference().ok_or(PdfError::Broken("page tree kid"))?);
                    }
                }
                None => pages.push(number),
            }
        }
        Ok(pages)
    }

    /// Offset that the newest `startxref` names.
    pub(crate) fn newest(&self) -> usize {
        self.sections.first().map_or(0, |section| section.offset)
    }

    fn read_sections(&mut self) -> Result<(), PdfError> {
        let (first, rest_is_space) = last_startxref(self.data)?;
        if !rest_is_space {
            self.fault.get_or_insert("bytes after the end mark");
        }
        let mut next = Some(first);
        let mut seen = BTreeSet::new();
        while let Some(offset) = next {
            if !seen.insert(offset) {
                return Err(PdfError::Broken("cross-reference sections go round"));
            }
            if seen.len() > limits::SECTIONS {
                return Err(self.budget().refuse("revisions"));
            }
            let section = self.section(offset)?;
            let extra = place(&section.trailer, "XRefStm")?;
            next = place(&section.trailer, "Prev")?;
            for &(number, entry) in &section.entries {
                self.entries.entry(number).or_insert(entry);
            }
            self.sections.push(section);
            // A hybrid's stream speaks only for what its table leaves free.
            if let Some(extra) = extra {
                if !seen.insert(extra) {
                    return Err(PdfError::Broken("cross-reference sections go round"));
                }
                let hidden = self.section(extra)?.entries;
                for &(number, entry) in &hidden {
                    let slot = self.entries.entry(number).or_insert(entry);
                    if *slot == Entry::Free {
                        *slot = entry;
                    }
                }
                if let Some(section) = self.sections.last_mut() {
                    section.entries.extend(hidden);
                }
            }
        }
        Ok(())
    }

    fn section(&mut self, offset: usize) -> Result<Section, PdfError> {
        if offset >= self.data.len() {
            return Err(PdfError::Broken("cross-reference lies outside"));
        }
        let mut lexer = Lexer::new(self.data, offset);
        if lexer.keyword("xref") { self.table(offset, lexer) } else { self.xref_stream(offset) }
    }

    /// Counts entries, or values of a trailer, before they are kept.
    fn list(&mut self, count: usize) -> Result<(), PdfError> {
        self.objects_left = self
            .objects_left
            .checked_sub(count)
            .ok_or_else(|| self.share.budget().refuse("cross-reference entries"))?;
        Ok(())
    }

    fn table(&mut self, offset: usize, mut lexer: Lexer<'_>) -> Result<Section, PdfError> {
        let broken = PdfError::Broken("cross-reference table");
        let mut entries = Vec::new();
        while !lexer.keyword("trailer") {
            let first = lexer.number().and_then(|n| u32::try_from(n).ok()).ok_or_else(|| broken.clone())?;
            let count = lexer.number().ok_or_else(|| broken.clone())?;
            let mut number = first;
            let mut previous = None;
            for _ in 0..count {
                lexer.skip_space();
                let begin = lexer.pos;
                if previous.is_some_and(|previous| begin - previous != 20) {
                    self.fault.get_or_insert("cross-reference entries are not 20 bytes");
                }
                previous = Some(begin);
                let place =
                    lexer.number().and_then(|n| usize::try_from(n).ok()).ok_or_else(|| broken.clone())?;
                let generation = lexer.number().ok_or_else(|| broken.clone())?;
                let entry = if lexer.keyword("n") {
                    let generation = u16::try_from(generation).map_err(|_| broken.clone())?;
                    if place == 0 {
                        self.fault.get_or_insert("an object in use at offset zero");
                        Entry::Free
                    } else {
                        Entry::At { offset: place, generation }
                    }
                } else if lexer.keyword("f") {
                    Entry::Free
                } else {
                    return Err(broken);
                };
                self.list(1)?;
                entries.push((number, entry));
                number = number.checked_add(1).ok_or_else(|| broken.clone())?;
            }
        }
        let value = lexer.value()?;
        self.list(lexer.values())?;
        let Kind::Dict(trailer) = value.kind else { return Err(PdfError::Broken("trailer")) };
        Ok(Section { offset, form: Form::Table, trailer, entries })
    }

    fn xref_stream(&mut self, offset: usize) -> Result<Section, PdfError> {
        let mut lexer = Lexer::new(self.data, offset);
        let number = lexer.number().and_then(|n| u32::try_from(n).ok());
        let number = number.ok_or(PdfError::Broken("cross-reference is missing"))?;
        let generation = lexer.number().and_then(|n| u16::try_from(n).ok());
        let object = self.object_at(offset, number, generation.unwrap_or(0))?;
        let at = object.offset.unwrap_or(offset);
        let begin = object.value.span.start + at;
        let data = self.stream(&object)?;
        let Kind::Dict(trailer) = object.value.kind else {
            return Err(PdfError::Broken("cross-reference stream"));
        };
        if !trailer.has_name("Type", "XRef") {
            return Err(PdfError::Broken("cross-reference stream has another type"));
        }
        let entries = packed_entries(&trailer, &data, self.objects_left)?;
        self.list(entries.len())?;
        // Spans of the dictionary are relative to the object; the section keeps them relative to the file.
        let mut lexer = Lexer::new(self.data, begin);
        let value = lexer.value()?;
        self.list(lexer.values())?;
        let Kind::Dict(trailer) = value.kind else { return Err(PdfError::Broken("cross-reference stream")) };
        Ok(Section { offset, form: Form::Stream, trailer, entries })
    }

    fn object_at(&self, offset: usize, number: u32, generation: u16) -> Result<Object<'a>, PdfError> {
        let mut lexer = Lexer::new(self.data, offset);
        let named = lexer.number() == Some(u64::from(number))
            && lexer.number() == Some(u64::from(generation))
            && lexer.keyword("obj");
        if !named {
            return Err(PdfError::Broken("object is not where the cross-reference says"));
        }
        lexer.skip_space();
        let start = lexer.pos;
        let tail = self.data.get(start..).unwrap_or_default();
        let mut inner = Lexer::new(tail, 0);
        let value = inner.value()?;
        let end = inner.pos;
        let mut stream = None;
        if inner.keyword("stream") {
            let at = start + inner.pos;
            stream = match self.data.get(at..at + 2) {
                Some([b'\r', b'\n']) => Some(at + 2),
                Some([b'\n', _]) => Some(at + 1),
                _ => return Err(PdfError::Broken("stream begins badly")),
            };
        } else if !inner.keyword("endobj") {
            return Err(PdfError::Broken("object has no end"));
        }
        Ok(Object { text: Cow::Borrowed(&tail[..end]), value, offset: Some(start), generation, stream })
    }

    /// Whether an object is a stream.
    pub(crate) fn is_stream(object: &Object<'_>) -> bool {
        object.stream.is_some()
    }

    /// The stream's bytes as they lie in the file.
    pub(crate) fn raw_stream(&self, object: &Object<'_>) -> Result<&'a [u8], PdfError> {
        let broken = PdfError::Broken("stream length");
        let start = object.stream.ok_or(PdfError::Broken("object is no stream"))?;
        let dict = object.value.dict().ok_or_else(|| broken.clone())?;
        let length = match dict.find("Length").map(|value| &value.kind) {
            Some(&Kind::Int(length)) => length,
            // Only a plain number object may give the length, so this cannot go round.
            Some(&Kind::Ref(number, _)) => match self.entries.get(&number) {
                Some(&Entry::At { offset, generation }) => {
                    self.object_at(offset, number, generation)?.value.int().ok_or_else(|| broken.clone())?
                }
                _ => return Err(broken),
            },
            _ => return Err(broken),
        };
        let end = usize::try_from(length).ok().and_then(|length| start.checked_add(length));
        let end = end.filter(|&end| end <= self.data.len()).ok_or_else(|| broken.clone())?;
        if !Lexer::new(self.data, end).keyword("endstream") {
            return Err(broken);
        }
        Ok(&self.data[start..end])
    }

    fn stream(&self, object: &Object<'_>) -> Result<Vec<u8>, PdfError> {
        let raw = self.raw_stream(object)?;
        let dict = object.value.dict().ok_or(PdfError::Broken("stream dictionary"))?;
        let single = |key: &str| {
            dict.find(key).map(|value| match value.array() {
                Some([one]) => one.clone(),
                _ => value.clone(),
            })
        };
        let filter = single("Filter");
        match filter.as_ref().map(|value| &value.kind) {
            None | Some(Kind::Null) => self.copied(raw),
            Some(Kind::Array(items)) if items.is_empty() => self.copied(raw),
            Some(Kind::Name(name)) if name == b"FlateDecode" => {
                let data = self.inflated(raw)?;
                let parameters = single("DecodeParms");
                match parameters.as_ref().and_then(Value::dict) {
                    Some(parameters) => {
                        unpredict(data, parameters).ok_or(PdfError::Broken("predicted stream"))
                    }
                    None => Ok(data),
                }
            }
            Some(_) => Err(PdfError::Broken("stream has an unknown filter")),
        }
    }

    fn copied(&self, raw: &[u8]) -> Result<Vec<u8>, PdfError> {
        self.charge(raw.len(), STREAMS)?;
        Ok(raw.to_vec())
    }

    /// Inflates as much as the budget has left, and no byte beyond.
    fn inflated(&self, raw: &[u8]) -> Result<Vec<u8>, PdfError> {
        let left = self.budget().left();
        let mut source = flate2::read::ZlibDecoder::new(raw).take(left as u64);
        let mut data = Vec::new();
        let whole = source.read_to_end(&mut data);
        self.charge(data.len(), STREAMS)?;
        whole.map_err(|_| PdfError::Broken("compressed stream"))?;
        // At the limit one more byte tells whether the stream just fits.
        if data.len() == left && source.into_inner().read(&mut [0]).unwrap_or(1) > 0 {
            return Err(self.budget().refuse(STREAMS));
        }
        data.shrink_to_fit();
        Ok(data)
    }

    fn unpack(&self, number: u32) -> Result<Rc<Unpacked>, PdfError> {
        if let Some(unpacked) = self.unpacked.borrow().get(&number) {
            return unpacked.clone();
        }
        let unpacked = self.unpack_now(number).map(Rc::new);
        self.unpacked.borrow_mut().insert(number, unpacked.clone());
        unpacked
    }

    fn unpack_now(&self, number: u32) -> Result<Unpacked, PdfError> {
        let broken = PdfError::Broken("object stream");
        let Some(&Entry::At { offset, generation }) = self.entries.get(&number) else { return Err(broken) };
        let object = self.object_at(offset, number, generation)?;
        let dict = object
            .value
            .dict()
            .filter(|dict| dict.has_name("Type", "ObjStm"))
            .ok_or_else(|| broken.clone())?;
        let first = place(dict, "First")?.ok_or_else(|| broken.clone())?;
        let count = place(dict, "N")?.ok_or_else(|| broken.clone())?;
        let data = self.stream(&object)?;
        let mut lexer = Lexer::new(&data, 0);
        self.charge(count.saturating_mul(size_of::<(u32, usize)>()), STREAMS)?;
        let mut places = Vec::new();
        for _ in 0..count {
            let held = lexer.number().and_then(|n| u32::try_from(n).ok()).ok_or_else(|| broken.clone())?;
            let offset =
                lexer.number().and_then(|n| usize::try_from(n).ok()).ok_or_else(|| broken.clone())?;
            places.push((held, first.checked_add(offset).ok_or_else(|| broken.clone())?));
        }
        Ok(Unpacked { data, places })
    }
}

pub(crate) fn position(data: &[u8], word: &[u8]) -> Option<usize> {
    data.windows(word.len()).position(|window| window == word)
}

/// What the last `startxref` names, and whether only white space follows its `%%EOF`.
fn last_startxref(data: &[u8]) -> Result<(usize, bool), PdfError> {
    let broken = PdfError::Broken("startxref");
    let word = b"startxref";
    let from = data.len().saturating_sub(4096);
    let tail = &data[from..];
    let at = tail.windows(word.len()).rposition(|window| window == word).ok_or_else(|| broken.clone())?;
    let mut lexer = Lexer::new(data, from + at + word.len());
    let offset = lexer.number().and_then(|n| usize::try_from(n).ok()).ok_or_else(|| broken.clone())?;
    let rest = &data[lexer.pos..];
    let blank = rest.iter().take_while(|&&b| is_space(b)).count();
    let rest = rest[blank..].strip_prefix(b"%%EOF").ok_or(broken)?;
    Ok((offset, rest.iter().all(|&b| is_space(b))))
}

fn place(dict: &Dict, key: &str) -> Result<Option<usize>, PdfError> {
    match dict.find(key) {
        None => Ok(None),
        Some(value) => value
            .int()
            .and_then(|n| usize::try_from(n).ok())
            .map(Some)
            .ok_or(PdfError::Broken("cross-reference number")),
    }
}

/// The rows of a cross-reference stream, at most `most` of them.
fn packed_entries(dict: &Dict, data: &[u8], most: usize) -> Result<Vec<(u32, Entry)>, PdfError> {
    let broken = || PdfError::Broken("cross-reference stream");
    let (widths, ranges) = row_shape(dict).ok_or_else(broken)?;
    let [kind, second, third] = widths;
    let mut rows = data.chunks_exact(kind + second + third);
    let mut entries = Vec::new();
    for pair in ranges.chunks(2) {
        let &[first, count] = pair else { return Err(broken()) };
        for step in 0..count {
            let number = first.checked_add(step).and_then(|n| u32::try_from(n).ok()).ok_or_else(broken)?;
            let row = rows.next().ok_or_else(broken)?;
            if entries.len() == most {
                // One more than may be listed: the caller's count refuses it.
                entries.push((number, Entry::Free));
                return Ok(entries);
            }
            entries.push((number, packed_entry(row, kind, second).ok_or_else(broken)?));
        }
    }
    Ok(entries)
}

/// `/W` and `/Index`.
fn row_shape(dict: &Dict) -> Option<([usize; 3], Vec<i64>)> {
    let widths: Vec<usize> =
        dict.find("W")?.array()?.iter().map(|w| usize::try_from(w.int()?).ok()).collect::<Option<_>>()?;
    let widths: [usize; 3] = widths.try_into().ok()?;
    if widths.iter().any(|&width| width > 8) || widths.iter().sum::<usize>() == 0 {
        return None;
    }
    let ranges = match dict.find("Index") {
        Some(index) => index.array()?.iter().map(Value::int).collect::<Option<_>>()?,
        None => vec![0, dict.find("Size")?.int()?],
    };
    Some((widths, ranges))
}

fn packed_entry(row: &[u8], kind: usize, second: usize) -> Option<Entry> {
    let field = |range: Range<usize>| row[range].iter().fold(0_u64, |n, &b| n << 8 | u64::from(b));
    let class = if kind == 0 { 1 } else { field(0..kind) };
    let (a, b) = (field(kind..kind + second), field(kind + second..row.len()));
    match class {
        0 => Some(Entry::Free),
        1 => Some(Entry::At { offset: usize::try_from(a).ok()?, generation: u16::try_from(b).ok()? }),
        2 => Some(Entry::Packed { stream: u32::try_from(a).ok()?, index: usize::try_from(b).ok()? }),
        _ => None,
    }
}

/// Undoes PNG predictors on rows of bytes, in place: a row loses its first byte and moves forward.
fn unpredict(mut data: Vec<u8>, parameters: &Dict) -> Option<Vec<u8>> {
    let number = |key: &str, usual: i64| parameters.find(key).map_or(Some(usual), Value::int);
    let predictor = number("Predictor", 1)?;
    if predictor == 1 {
        return Some(data);
    }
    let bits = number("Colors", 1)?.checked_mul(number("BitsPerComponent", 8)?)?;
    let width = usize::try_from(number("Columns", 1)?.checked_mul(bits)?.checked_add(7)? / 8).ok()?;
    let step = usize::try_from(bits.checked_add(7)? / 8).ok()?.max(1);
    if !(10..=15).contains(&predictor) || width == 0 || width > data.len() {
        return None;
    }
    let (mut from, mut to) = (0, 0);
    while from < data.len() {
        let kind = data[from];
        let long = width.min(data.len() - from - 1);
        for i in 0..long {
            let left = if i >= step { data[to + i - step] } else { 0 };
            let above = if to >= width { data[to + i - width] } else { 0 };
            let corner = if i >= step && to >= width { data[to + i - step - width] } else { 0 };
            let guess = match kind {
                0 => 0,
                1 => left,
                2 => above,
                3 => u8::midpoint(left, above),
                4 => paeth(left, above, corner),
                _ => return None,
            };
            data[to + i] = data[from + 1 + i].wrapping_add(guess);
        }
        from += 1 + long;
        to += long;
    }
    data.truncate(to);
    Some(data)
}

fn paeth(left: u8, above: u8, corner: u8) -> u8 {
    let guess = i16::from(left) + i16::from(above) - i16::from(corner);
    let far = |value: u8| (guess - i16::from(value)).abs();
    if far(left) <= far(above) && far(left) <= far(corner) {
        left
    } else if far(above) <= far(corner) {
        above
    } else {
        corner
    }
}
