// Names of all commands, by the window that may call them. `build.rs` includes this file, so that a
// command that is not listed here is closed to every window; a test compares it with the handler and
// the capability files.

/// Commands of the main window.
pub const MAIN: &[&str] = &[
    "status",
    "create_vault",
    "unlock",
    "lock",
    "name_officer",
    "check_identity",
    "find_procedures",
    "categories",
    "open_dossier",
    "update_dossier",
    "recheck_identity",
    "dossier",
    "list_dossiers",
    "list_scanners",
    "choose_scanner",
    "scan",
    "captured_pages",
    "remove_page",
    "restore_page",
    "move_page",
    "discard_capture",
    "finish_capture",
    "cancel_job",
    "attach_file",
    "detach",
    "offers",
    "auto_attach",
    "take",
    "confirm_reuse",
    "bring_paper",
    "save_file",
    "certificates",
    "sign",
    "suggest_metadata",
    "digitize",
    "accept",
    "receipt_printed",
    "return_result",
    "outbox",
    "sync_now",
    "resend",
    "verify_file",
];

/// Commands of the PIN window: this one, for ever.
pub const PIN: &[&str] = &["submit_pin"];
