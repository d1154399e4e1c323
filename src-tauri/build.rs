//! Declares the commands of the window. Without the list, Tauri would open every command to every window.

mod names {
    // The window's crate is where these are reachable from.
    #![allow(unreachable_pub, missing_docs)]
    include!("src/commands/names.rs");
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo::rerun-if-changed=src/commands/names.rs");
    let commands: Vec<&'static str> = names::MAIN.iter().chain(names::PIN).copied().collect();
    let manifest = tauri_build::AppManifest::new().commands(commands.leak());
    tauri_build::try_build(tauri_build::Attributes::new().app_manifest(manifest))?;
    Ok(())
}
