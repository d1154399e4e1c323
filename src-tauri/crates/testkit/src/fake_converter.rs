//! A converter whose moods a test sets.

use async_trait::async_trait;
use motcua_desk::ports::{ConvertError, Converter, ConverterInfo};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// Makes a PDF of one page of every file that may be converted.
#[derive(Default)]
pub struct FakeConverter(Mutex<State>);

#[derive(Default)]
struct State {
    trouble: Option<ConvertError>,
    hangs: bool,
    made: u8,
}

impl FakeConverter {
    /// Answers with that error from now on, or (none) works again.
    pub fn fail(&self, error: Option<ConvertError>) {
        self.state().trouble = error;
    }

    /// Works without an end from now on, until it is cancelled or let go.
    pub fn hang(&self, hangs: bool) {
        self.state().hangs = hangs;
    }

    /// How many files were begun.
    #[must_use]
    pub fn begun(&self) -> u8 {
        self.state().made
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Converter for FakeConverter {
    async fn about(&self) -> Result<ConverterInfo, ConvertError> {
        match self.state().trouble {
            Some(ConvertError::Missing) => Err(ConvertError::Missing),
            _ => Ok(ConverterInfo { name: "LibreOffice (DEMO)".into(), fenced: true }),
        }
    }

    async fn to_pdf(&self, word: &[u8], cancel: &CancellationToken) -> Result<Vec<u8>, ConvertError> {
        if cancel.is_cancelled() {
            return Err(ConvertError::Cancelled);
        }
        motcua_desk::word_format(word)?;
        let (trouble, made) = {
            let mut state = self.state();
            state.made = state.made.wrapping_add(1);
            (state.trouble, state.made)
        };
        if let Some(error) = trouble {
            return Err(error);
        }
        while self.state().hangs && !cancel.is_cancelled() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        if cancel.is_cancelled() {
            return Err(ConvertError::Cancelled);
        }
        Ok(crate::unsigned_pdf(made))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::converter::{ConverterBench, converter_contract};

    struct Bench {
        well: FakeConverter,
        none: FakeConverter,
        slow: FakeConverter,
    }

    impl ConverterBench for Bench {
        fn converter(&self) -> &dyn Converter {
            &self.well
        }

        fn absent(&self) -> &dyn Converter {
            &self.none
        }

        fn endless(&self) -> &dyn Converter {
            &self.slow
        }

        fn left_behind(&self) -> usize {
            0
        }
    }

    #[tokio::test]
    async fn the_twin_keeps_what_every_converter_promises() {
        let bench = Bench {
            well: FakeConverter::default(),
            none: FakeConverter::default(),
            slow: FakeConverter::default(),
        };
        bench.none.fail(Some(ConvertError::Missing));
        bench.slow.hang(true);
        converter_contract(&bench).await;
    }
}
