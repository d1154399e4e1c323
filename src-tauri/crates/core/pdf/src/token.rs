//! PDF tokens and values, each with the place it was read from (ISO 32000-1, 7.2 and 7.3).

use crate::PdfError;
use crate::limits::VALUES;
use std::ops::Range;

/// Nesting beyond this is an attack, not a document.
const DEPTH: usize = 64;

/// A value and where it lies in the text it was read from.
#[derive(Clone, Debug)]
pub(crate) struct Value {
    pub(crate) kind: Kind,
    pub(crate) span: Range<usize>,
}

/// What a value is.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Kind {
    Null,
    Bool(bool),
    Int(i64),
    Real(f64),
    /// Decoded bytes; `true` when it was written in hex.
    Text(Vec<u8>, bool),
    Name(Vec<u8>),
    Array(Vec<Value>),
    Dict(Dict),
    Ref(u32, u16),
}

/// A dictionary in file order; a key occurs once.
#[derive(Clone, Debug, PartialEq, Default)]
pub(crate) struct Dict(pub(crate) Vec<(Vec<u8>, Value)>);

/// Equal values are equal wherever they lie.
impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        self.kind == other.kind
    }
}

impl Dict {
    pub(crate) fn find(&self, key: &str) -> Option<&Value> {
        self.0.iter().find(|(name, _)| name == key.as_bytes()).map(|(_, value)| value)
    }

    pub(crate) fn has_name(&self, key: &str, name: &str) -> bool {
        self.find(key).and_then(Value::name) == Some(name.as_bytes())
    }
}

impl Value {
    pub(crate) fn dict(&self) -> Option<&Dict> {
        if let Kind::Dict(dict) = &self.kind { Some(dict) } else { None }
    }

    pub(crate) fn array(&self) -> Option<&[Self]> {
        if let Kind::Array(items) = &self.kind { Some(items) } else { None }
    }

    pub(crate) fn int(&self) -> Option<i64> {
        if let Kind::Int(number) = self.kind { Some(number) } else { None }
    }

    pub(crate) fn name(&self) -> Option<&[u8]> {
        if let Kind::Name(name) = &self.kind { Some(name) } else { None }
    }

    pub(crate) fn text(&self) -> Option<&[u8]> {
        if let Kind::Text(bytes, _) = &self.kind { Some(bytes) } else { None }
    }

    pub(crate) fn reference(&self) -> Option<u32> {
        if let Kind::Ref(number, _) = self.kind { Some(number) } else { None }
    }

    /// Every value inside, this one included.
    pub(crate) fn walk(&self, see: &mut impl FnMut(&Self)) {
        see(self);
        match &self.kind {
            Kind::Array(items) => items.iter().for_each(|item| item.walk(see)),
            Kind::Dict(dict) => dict.0.iter().for_each(|(_, value)| value.walk(see)),
            Kind::Null
            | Kind::Bool(_)
            | Kind::Int(_)
            | Kind::Real(_)
            | Kind::Text(..)
            | Kind::Name(_)
            | Kind::Ref(..) => {}
        }
    }
}

/// Reads tokens and values from a text.
pub(crate) struct Lexer<'a> {
    data: &'a [u8],
    pub(crate) pos: usize,
    /// Values that may still be read.
    left: usize,
}

pub(crate) fn is_space(byte: u8) -> bool {
    matches!(byte, 0 | 9 | 10 | 12 | 13 | 32)
}

fn is_delimiter(byte: u8) -> bool {
    matches!(byte, b'(' | b')' | b'<' | b'>' | b'[' | b']' | b'{' | b'}' | b'/' | b'%')
}

impl<'a> Lexer<'a> {
    pub(crate) fn new(data: &'a [u8], pos: usize) -> Self {
        Self { data, pos, left: VALUES }
    }

    fn peek(&self) -> Option<u8> {
        self.data.get(self.pos).copied()
    }

    pub(crate) fn skip_space(&mut self) {
        while let Some(byte) = self.peek() {
            if is_space(byte) {
                self.pos += 1;
            } else if byte == b'%' {
                while self.peek().is_some_and(|b| b != b'\n' && b != b'\r') {
                    self.pos += 1;
                }
            } else {
                return;
            }
        }
    }

    /// Takes the word if it stands here as a whole token.
    pub(crate) fn keyword(&mut self, word: &str) -> bool {
        self.skip_space();
        let end = self.pos + word.len();
        let whole = self.data.get(self.pos..end) == Some(word.as_bytes())
            && self.data.get(end).is_none_or(|&b| is_space(b) || is_delimiter(b));
        if whole {
            self.pos = end;
        }
        whole
    }

    /// An unsigned whole number.
    pub(crate) fn number(&mut self) -> Option<u64> {
        self.skip_space();
        let start = self.pos;
        while self.peek().is_some_and(|b| b.is_ascii_digit()) {
            self.pos += 1;
        }
        let text = std::str::from_utf8(self.data.get(start..self.pos)?).ok()?;
        text.parse().ok()
    }

    /// How many values have been read.
    pub(crate) fn values(&self) -> usize {
        VALUES - self.left
    }

    pub(crate) fn value(&mut self) -> Result<Value, PdfError> {
        self.value_at(0)
    }

    fn value_at(&mut self, depth: usize) -> Result<Value, PdfError> {
        if depth > DEPTH {
            return Err(PdfError::Broken("nesting is too deep"));
        }
        self.left = self.left.checked_sub(1).ok_or(PdfError::TooMuch("values in one object"))?;
        self.skip_space();
        let start = self.pos;
        let kind = match self.peek().ok_or(PdfError::Broken("value is missing"))? {
            b'/' => Kind::Name(self.name()),
            b'(' => Kind::Text(self.literal()?, false),
            b'<' if self.data.get(self.pos + 1) == Some(&b'<') => Kind::Dict(self.dict(depth)?),
            b'<' => Kind::Text(self.hex()?, true),
            b'[' => Kind::Array(self.array(depth)?),
            b'+' | b'-' | b'.' | b'0'..=b'9' => self.numeric()?,
            _ => self.word()?,
        };
        Ok(Value { kind, span: start..self.pos })
    }

    fn name(&mut self) -> Vec<u8> {
        self.pos += 1;
        let mut name = Vec::new();
        while let Some(byte) = self.peek().filter(|&b| !is_space(b) && !is_delimiter(b)) {
            let digits =
                self.data.get(self.pos + 1..self.pos + 3).and_then(|d| Some((nibble(d[0])?, nibble(d[1])?)));
            if let (b'#', Some((high, low))) = (byte, digits) {
                name.push(high << 4 | low);
                self.pos += 3;
            } else {
                name.push(byte);
                self.pos += 1;
            }
        }
        name
    }

    fn literal(&mut self) -> Result<Vec<u8>, PdfError> {
        self.pos += 1;
        let mut text = Vec::new();
        let mut open = 1_usize;
        loop {
            let byte = self.peek().ok_or(PdfError::Broken("text has no end"))?;
            self.pos += 1;
            match byte {
                b'(' => open += 1,
                b')' => {
                    open -= 1;
                    if open == 0 {
                        return Ok(text);
                    }
                }
                b'\\' => {
                    self.escape(&mut text);
                    continue;
                }
                _ => {}
            }
            text.push(byte);
        }
    }

    fn escape(&mut self, text: &mut Vec<u8>) {
        let Some(byte) = self.peek() else { return };
        self.pos += 1;
        match byte {
            b'n' => text.push(b'\n'),
            b'r' => text.push(b'\r'),
            b't' => text.push(b'\t'),
            b'b' => text.push(8),
            b'f' => text.push(12),
            b'\r' => {
                if self.peek() == Some(b'\n') {
                    self.pos += 1;
                }
            }
            b'\n' => {}
            b'0'..=b'7' => {
                let mut code = byte - b'0';
                for _ in 0..2 {
                    let Some(digit) = self.peek().filter(|b| (b'0'..=b'7').contains(b)) else { break };
                    code = code.wrapping_mul(8).wrapping_add(digit - b'0');
                    self.pos += 1;
                }
                text.push(code);
            }
            other => text.push(other),
        }
    }

    fn hex(&mut self) -> Result<Vec<u8>, PdfError> {
        self.pos += 1;
        let mut bytes = Vec::new();
        let mut half = None;
        loop {
            let byte = self.peek().ok_or(PdfError::Broken("hex text has no end"))?;
            self.pos += 1;
            match (byte, nibble(byte), half) {
                (b'>', _, rest) => {
                    bytes.extend(rest.map(|high: u8| high << 4));
                    return Ok(bytes);
                }
                (_, Some(low), Some(high)) => {
                    bytes.push(high << 4 | low);
                    half = None;
                }
                (_, Some(high), None) => half = Some(high),
                (space, None, _) if is_space(space) => {}
                _ => return Err(PdfError::Broken("hex text has other letters")),
            }
        }
    }

    fn array(&mut self, depth: usize) -> Result<Vec<Value>, PdfError> {
        self.pos += 1;
        let mut items = Vec::new();
        loop {
            self.skip_space();
            if self.peek() == Some(b']') {
                self.pos += 1;
                return Ok(items);
            }
            items.push(self.value_at(depth + 1)?);
        }
    }

    fn dict(&mut self, depth: usize) -> Result<Dict, PdfError> {
        self.pos += 2;
        let mut dict = Dict::default();
        loop {
            self.skip_space();
            match self.peek() {
                Some(b'>') if self.data.get(self.pos + 1) == Some(&b'>') => {
                    self.pos += 2;
                    let mut keys: Vec<&[u8]> = dict.0.iter().map(|(key, _)| key.as_slice()).collect();
                    keys.sort_unstable();
                    if keys.windows(2).any(|pair| pair[0] == pair[1]) {
                        return Err(PdfError::Broken("dictionary has a key twice"));
                    }
                    return Ok(dict);
                }
                Some(b'/') => {
                    let key = self.name();
                    let value = self.value_at(depth + 1)?;
                    dict.0.push((key, value));
                }
                _ => return Err(PdfError::Broken("dictionary key is missing")),
            }
        }
    }

    fn numeric(&mut self) -> Result<Kind, PdfError> {
        let start = self.pos;
        while self.peek().is_some_and(|b| !is_space(b) && !is_delimiter(b)) {
            self.pos += 1;
        }
        let text =
            std::str::from_utf8(&self.data[start..self.pos]).map_err(|_| PdfError::Broken("number"))?;
        if let Ok(number) = text.parse::<i64>() {
            return Ok(self.reference(number, text).unwrap_or(Kind::Int(number)));
        }
        let plain = text.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'-' | b'+'));
        match text.parse::<f64>() {
            Ok(number) if plain => Ok(Kind::Real(number)),
            _ => Err(PdfError::Broken("number")),
        }
    }

    /// `12 0 R` after its first number was read.
    fn reference(&mut self, number: i64, text: &str) -> Option<Kind> {
        if !text.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        let back = self.pos;
        let found = u32::try_from(number).ok().and_then(|number| {
            if !self.peek().is_some_and(is_space) {
                return None;
            }
            let generation = u16::try_from(self.number()?).ok()?;
            (self.peek().is_some_and(is_space) && self.keyword("R")).then_some(Kind::Ref(number, generation))
        });
        if found.is_none() {
            self.pos = back;
        }
        found
    }

    fn word(&mut self) -> Result<Kind, PdfError> {
        for (word, kind) in [("null", Kind::Null), ("true", Kind::Bool(true)), ("false", Kind::Bool(false))] {
            if self.keyword(word) {
                return Ok(kind);
            }
        }
        Err(PdfError::Broken("unknown word"))
    }
}

fn nibble(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        b'A'..=b'F' => Some(byte - b'A' + 10),
        _ => None,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Kind, PdfError> {
        Lexer::new(text.as_bytes(), 0).value().map(|value| value.kind)
    }

    #[test]
    fn values_are_read_with_their_places() {
        let text = b" << /A#42 [1 -2.5 (x\\)\\101) 7 0 R] /C <4 1 4> >>";
        let value = Lexer::new(text, 0).value().unwrap();
        let dict = value.dict().unwrap();
        let array = dict.find("AB").unwrap();
        assert_eq!(&text[array.span.clone()], b"[1 -2.5 (x\\)\\101) 7 0 R]");
        let items = array.array().unwrap();
        assert_eq!(items[2].text(), Some(b"x)A".as_slice()));
        assert_eq!(items[3].reference(), Some(7));
        assert_eq!(dict.find("C").unwrap().text(), Some(b"A@".as_slice()), "odd hex ends with a zero digit");
    }

    #[test]
    fn doubled_keys_and_deep_nests_are_refused() {
        assert!(read("<< /A 1 /A 2 >>").is_err());
        assert!(read(&"[".repeat(10_000)).is_err());
        assert!(read("nul").is_err());
    }
}
