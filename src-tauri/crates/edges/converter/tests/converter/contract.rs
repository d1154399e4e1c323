//! The suite every converter is held to, on LibreOffice.

use crate::{Bench, needs_libreoffice};
use motcua_desk::ports::Converter;
use motcua_testkit::contract::converter::{ConverterBench, converter_contract};

impl ConverterBench for Bench {
    fn converter(&self) -> &dyn Converter {
        &self.well
    }

    fn absent(&self) -> &dyn Converter {
        &self.none
    }

    fn endless(&self) -> &dyn Converter {
        &self.endless
    }

    fn left_behind(&self) -> usize {
        self.left()
    }
}

#[tokio::test]
async fn libreoffice_keeps_what_every_converter_promises() {
    let Some(bench) = needs_libreoffice() else { return };
    converter_contract(&bench).await;
}
