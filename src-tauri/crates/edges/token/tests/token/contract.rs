//! The suite every signer is held to, on SoftHSM2 behind the fault injector, which counts its PIN.

use crate::bench::{Bench, PIN};
use motcua_desk::ports::Signer;
use motcua_testkit::contract::signer::{SignerBench, signer_contract};
use motcua_token::Pkcs11Signer;
use serde_json::json;

struct Token {
    bench: Bench,
    signer: Pkcs11Signer,
}

impl SignerBench for Token {
    fn signer(&self) -> &dyn Signer {
        &self.signer
    }

    fn pin(&self) -> &str {
        PIN
    }

    fn plug(&self, present: bool) {
        self.bench.script(&json!({ "pin_tries": 3, "present": present }));
    }

    fn pull_out_after(&self, signatures: u32) {
        self.bench.script(&json!({ "pin_tries": 3, "remove_after_signs": signatures }));
    }
}

#[tokio::test]
async fn a_pkcs11_token_keeps_what_every_signer_promises() {
    let script = json!({ "pin_tries": 3 });
    if Bench::faulty(&script).is_none() {
        return;
    }
    signer_contract(|| {
        let bench = Bench::faulty(&script).unwrap();
        Box::new(Token { signer: bench.signer(), bench })
    })
    .await;
}
