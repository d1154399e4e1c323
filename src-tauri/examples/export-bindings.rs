//! Writes `ui/src/bridge/bindings.ts` from the commands and their types.

use specta_typescript::Typescript;

fn main() -> anyhow::Result<()> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../ui/src/bridge/bindings.ts");
    motcua_desktop::commands::bindings().export(Typescript::default(), path)?;
    Ok(())
}
