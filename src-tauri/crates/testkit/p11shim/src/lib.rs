//! A PKCS#11 v2.40 module that forwards to another one (`MOTCUA_P11SHIM_TARGET`, else SoftHSM2) and
//! injects the faults of the script named in `MOTCUA_P11SHIM_SCRIPT`: a PIN counter with its flags,
//! removal, slowness, hangs, crashes and any `CKR_` answer. For tests only.
//!
//! The script is `script::Script` as JSON; its state (PIN tries left, signatures, calls of each
//! function) lies beside it with the ending `.state`, so it survives a restart of the process.

mod script;

use cryptoki_sys::*;
use script::{Script, State};
use std::{
    ffi::c_void,
    sync::{Mutex, MutexGuard, OnceLock, PoisonError},
    time::Duration,
};

const DEFAULT_TARGET: &str = "/usr/lib/softhsm/libsofthsm2.so";

/// Both tables: the target's own and the copy with our functions in it.
struct Tables {
    target: CK_FUNCTION_LIST,
    ours: CK_FUNCTION_LIST,
    _library: libloading::Library,
}

// The tables hold plain function pointers, which any thread may read and call.
static TABLES: OnceLock<Option<Tables>> = OnceLock::new();
static STATE: Mutex<()> = Mutex::new(());

/// The entry point of every PKCS#11 module.
///
/// # Safety
/// `list` is null or may be written to, as PKCS#11 demands.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn C_GetFunctionList(list: *mut *mut CK_FUNCTION_LIST) -> CK_RV {
    if list.is_null() {
        return CKR_ARGUMENTS_BAD;
    }
    let Some(tables) = tables() else { return CKR_GENERAL_ERROR };
    // SAFETY: not null, writable by the contract of this function; the table lives in a static and
    // callers never write through the pointer.
    unsafe { *list = (&raw const tables.ours).cast_mut() };
    CKR_OK
}

fn tables() -> Option<&'static Tables> {
    TABLES.get_or_init(load).as_ref()
}

fn load() -> Option<Tables> {
    let target = std::env::var_os("MOTCUA_P11SHIM_TARGET").unwrap_or_else(|| DEFAULT_TARGET.into());
    // SAFETY: the tester names a PKCS#11 module; loading it runs its initialisers, as any user of it does.
    let library = unsafe { libloading::Library::new(target) }.ok()?;
    type Entry = unsafe extern "C" fn(*mut *mut CK_FUNCTION_LIST) -> CK_RV;
    // SAFETY: the symbol has this type in every PKCS#11 module.
    let entry = unsafe { library.get::<Entry>(b"C_GetFunctionList") }.ok()?;
    let mut list = std::ptr::null_mut();
    // SAFETY: `list` may be written; the module answers with a pointer to its static table.
    if unsafe { entry(&raw mut list) } != CKR_OK || list.is_null() {
        return None;
    }
    // SAFETY: not null, and a PKCS#11 table is plain data that stays while the library is loaded.
    let target = unsafe { *list };
    let ours = CK_FUNCTION_LIST {
        C_GetFunctionList: Some(C_GetFunctionList),
        C_Initialize: Some(initialize),
        C_Finalize: Some(finalize),
        C_GetSlotList: Some(slot_list),
        C_GetTokenInfo: Some(token_info),
        C_GetMechanismList: Some(mechanism_list),
        C_OpenSession: Some(open_session),
        C_CloseSession: Some(close_session),
        C_Login: Some(login),
        C_Logout: Some(logout),
        C_FindObjectsInit: Some(find_objects_init),
        C_GetAttributeValue: Some(attribute_value),
        C_SignInit: Some(sign_init),
        C_Sign: Some(sign),
        ..target
    };
    Some(Tables { target, ours, _library: library })
}

fn alone() -> MutexGuard<'static, ()> {
    STATE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Changes the state file.
fn change(with: impl FnOnce(&mut State)) {
    let _alone = alone();
    let mut state = State::read();
    with(&mut state);
    state.write();
}

/// Counts the call and does what the script wants of `function` before it is forwarded.
/// `Err` is the answer to give instead.
fn enter(function: &str) -> Result<(Script, State), CK_RV> {
    let script = Script::read();
    let state = {
        let _alone = alone();
        let mut state = State::read();
        *state.calls.entry(function.into()).or_default() += 1;
        state.write();
        state
    };
    if script.crash.as_deref() == Some(function) {
        std::process::abort();
    }
    while script.hang.as_deref() == Some(function) {
        std::thread::sleep(Duration::from_secs(3600));
    }
    match script.fail.get(function) {
        Some(answer) => Err(answer_by_name(answer)),
        None => Ok((script, state)),
    }
}

/// As [`enter`], for a call that needs the token in its slot.
fn enter_token(function: &str) -> Result<(Script, State), CK_RV> {
    let (script, state) = enter(function)?;
    if script.removed(&state) { Err(CKR_DEVICE_REMOVED) } else { Ok((script, state)) }
}

fn answer_by_name(name: &str) -> CK_RV {
    match name {
        "CKR_FUNCTION_FAILED" => CKR_FUNCTION_FAILED,
        "CKR_DEVICE_ERROR" => CKR_DEVICE_ERROR,
        "CKR_DEVICE_REMOVED" => CKR_DEVICE_REMOVED,
        "CKR_TOKEN_NOT_PRESENT" => CKR_TOKEN_NOT_PRESENT,
        "CKR_SESSION_HANDLE_INVALID" => CKR_SESSION_HANDLE_INVALID,
        "CKR_PIN_INCORRECT" => CKR_PIN_INCORRECT,
        "CKR_PIN_INVALID" => CKR_PIN_INVALID,
        "CKR_PIN_LEN_RANGE" => CKR_PIN_LEN_RANGE,
        "CKR_PIN_LOCKED" => CKR_PIN_LOCKED,
        "CKR_PIN_EXPIRED" => CKR_PIN_EXPIRED,
        "CKR_USER_ALREADY_LOGGED_IN" => CKR_USER_ALREADY_LOGGED_IN,
        "CKR_CRYPTOKI_ALREADY_INITIALIZED" => CKR_CRYPTOKI_ALREADY_INITIALIZED,
        "CKR_CRYPTOKI_NOT_INITIALIZED" => CKR_CRYPTOKI_NOT_INITIALIZED,
        _ => name
            .strip_prefix("0x")
            .and_then(|n| CK_RV::from_str_radix(n, 16).ok())
            .unwrap_or(CKR_GENERAL_ERROR),
    }
}

/// The target's function of that name, or an early answer.
macro_rules! target {
    ($name:ident) => {
        match tables().and_then(|tables| tables.target.$name) {
            Some(function) => function,
            None => return CKR_FUNCTION_NOT_SUPPORTED,
        }
    };
}

macro_rules! allowed {
    ($entered:expr) => {
        match $entered {
            Ok(entered) => entered,
            Err(answer) => return answer,
        }
    };
}

unsafe extern "C" fn initialize(arguments: *mut c_void) -> CK_RV {
    allowed!(enter("C_Initialize"));
    // SAFETY: the caller's arguments are handed on unchanged under the same contract.
    unsafe { target!(C_Initialize)(arguments) }
}

unsafe extern "C" fn finalize(reserved: *mut c_void) -> CK_RV {
    allowed!(enter("C_Finalize"));
    // SAFETY: as in `initialize`.
    unsafe { target!(C_Finalize)(reserved) }
}

unsafe extern "C" fn slot_list(present: CK_BBOOL, slots: *mut CK_SLOT_ID, count: *mut CK_ULONG) -> CK_RV {
    let (script, state) = allowed!(enter("C_GetSlotList"));
    if script.removed(&state) && present == CK_TRUE && !count.is_null() {
        // SAFETY: `count` may be written by the contract of C_GetSlotList.
        unsafe { *count = 0 };
        return CKR_OK;
    }
    // SAFETY: as in `initialize`.
    unsafe { target!(C_GetSlotList)(present, slots, count) }
}

unsafe extern "C" fn token_info(slot: CK_SLOT_ID, info: *mut CK_TOKEN_INFO) -> CK_RV {
    let (script, state) = allowed!(enter("C_GetTokenInfo"));
    if script.removed(&state) {
        return CKR_TOKEN_NOT_PRESENT;
    }
    // SAFETY: as in `initialize`.
    let answer = unsafe { target!(C_GetTokenInfo)(slot, info) };
    if answer != CKR_OK || info.is_null() {
        return answer;
    }
    // SAFETY: not null, and the target has just filled it.
    let info = unsafe { &mut *info };
    if let Some(most) = script.pin_tries {
        info.flags &= !(CKF_USER_PIN_COUNT_LOW | CKF_USER_PIN_FINAL_TRY | CKF_USER_PIN_LOCKED);
        info.flags |= match state.tries_left(most) {
            0 => CKF_USER_PIN_LOCKED,
            1 => CKF_USER_PIN_COUNT_LOW | CKF_USER_PIN_FINAL_TRY,
            left if left < most => CKF_USER_PIN_COUNT_LOW,
            _ => 0,
        };
    }
    if script.pin_pad.is_some() {
        info.flags |= CKF_PROTECTED_AUTHENTICATION_PATH;
    }
    if script.must_change {
        info.flags |= CKF_USER_PIN_TO_BE_CHANGED;
    }
    CKR_OK
}

unsafe extern "C" fn mechanism_list(
    slot: CK_SLOT_ID,
    list: *mut CK_MECHANISM_TYPE,
    count: *mut CK_ULONG,
) -> CK_RV {
    let (script, _) = allowed!(enter_token("C_GetMechanismList"));
    // SAFETY: as in `initialize`.
    let answer = unsafe { target!(C_GetMechanismList)(slot, list, count) };
    if answer != CKR_OK || list.is_null() || count.is_null() {
        return answer;
    }
    // SAFETY: the target has written `*count` entries at `list`.
    let all = unsafe { std::slice::from_raw_parts_mut(list, usize::try_from(*count).unwrap_or(0)) };
    let mut kept = 0;
    for at in 0..all.len() {
        if !script.hide_mechanisms.contains(&all[at]) {
            all[kept] = all[at];
            kept += 1;
        }
    }
    // SAFETY: `count` was written by the target a moment ago.
    unsafe { *count = kept as CK_ULONG };
    CKR_OK
}

unsafe extern "C" fn open_session(
    slot: CK_SLOT_ID,
    flags: CK_FLAGS,
    application: *mut c_void,
    notify: CK_NOTIFY,
    session: *mut CK_SESSION_HANDLE,
) -> CK_RV {
    allowed!(enter_token("C_OpenSession"));
    // SAFETY: as in `initialize`.
    unsafe { target!(C_OpenSession)(slot, flags, application, notify, session) }
}

unsafe extern "C" fn close_session(session: CK_SESSION_HANDLE) -> CK_RV {
    let removed = enter_token("C_CloseSession").err();
    // The target's session is closed even when the script says the device is gone.
    // SAFETY: as in `initialize`.
    let answer = unsafe { target!(C_CloseSession)(session) };
    removed.unwrap_or(answer)
}

unsafe extern "C" fn login(
    session: CK_SESSION_HANDLE,
    user: CK_USER_TYPE,
    pin: *mut CK_UTF8CHAR,
    length: CK_ULONG,
) -> CK_RV {
    let (script, state) = allowed!(enter_token("C_Login"));
    if script.pin_tries.is_some_and(|most| state.tries_left(most) == 0) {
        return CKR_PIN_LOCKED;
    }
    let mut typed = script.pin_pad.clone().map(String::into_bytes);
    let (pin, length) = match &mut typed {
        Some(_) if !pin.is_null() => return CKR_ARGUMENTS_BAD,
        Some(typed) => (typed.as_mut_ptr(), typed.len() as CK_ULONG),
        None => (pin, length),
    };
    if user == CKU_CONTEXT_SPECIFIC && script.always_authenticate {
        // SoftHSM has no such keys; the script plays them: the PIN was right at the login before.
        change(|state| *state.calls.entry("context logins".into()).or_default() += 1);
        return if pin.is_null() { CKR_PIN_INCORRECT } else { CKR_OK };
    }
    // SAFETY: as in `initialize`; the PIN typed at the pad outlives the call.
    let answer = unsafe { target!(C_Login)(session, user, pin, length) };
    if let Some(most) = script.pin_tries {
        change(|state| match answer {
            CKR_OK => state.tries = None,
            CKR_PIN_INCORRECT => state.tries = Some(state.tries_left(most).saturating_sub(1)),
            _ => {}
        });
    }
    answer
}

unsafe extern "C" fn logout(session: CK_SESSION_HANDLE) -> CK_RV {
    let removed = enter_token("C_Logout").err();
    // SAFETY: as in `initialize`.
    let answer = unsafe { target!(C_Logout)(session) };
    removed.unwrap_or(answer)
}

unsafe extern "C" fn find_objects_init(
    session: CK_SESSION_HANDLE,
    template: *mut CK_ATTRIBUTE,
    count: CK_ULONG,
) -> CK_RV {
    allowed!(enter_token("C_FindObjectsInit"));
    // SAFETY: as in `initialize`.
    unsafe { target!(C_FindObjectsInit)(session, template, count) }
}

unsafe extern "C" fn attribute_value(
    session: CK_SESSION_HANDLE,
    object: CK_OBJECT_HANDLE,
    template: *mut CK_ATTRIBUTE,
    count: CK_ULONG,
) -> CK_RV {
    let (script, _) = allowed!(enter_token("C_GetAttributeValue"));
    // SAFETY: as in `initialize`.
    let answer = unsafe { target!(C_GetAttributeValue)(session, object, template, count) };
    if answer == CKR_OK && script.always_authenticate && !template.is_null() {
        // SAFETY: the caller's template has `count` entries; the target has just filled them.
        let asked = unsafe { std::slice::from_raw_parts(template, usize::try_from(count).unwrap_or(0)) };
        for attribute in asked.iter().filter(|a| a.type_ == CKA_ALWAYS_AUTHENTICATE && !a.pValue.is_null()) {
            // SAFETY: a filled CK_BBOOL attribute has one writable byte.
            unsafe { *attribute.pValue.cast::<CK_BBOOL>() = CK_TRUE };
        }
    }
    answer
}

unsafe extern "C" fn sign_init(
    session: CK_SESSION_HANDLE,
    mechanism: *mut CK_MECHANISM,
    key: CK_OBJECT_HANDLE,
) -> CK_RV {
    allowed!(enter_token("C_SignInit"));
    // SAFETY: as in `initialize`.
    unsafe { target!(C_SignInit)(session, mechanism, key) }
}

unsafe extern "C" fn sign(
    session: CK_SESSION_HANDLE,
    data: *mut CK_BYTE,
    data_length: CK_ULONG,
    signature: *mut CK_BYTE,
    signature_length: *mut CK_ULONG,
) -> CK_RV {
    let (script, _) = allowed!(enter_token("C_Sign"));
    std::thread::sleep(Duration::from_millis(script.sign_delay_ms));
    // SAFETY: as in `initialize`.
    let answer = unsafe { target!(C_Sign)(session, data, data_length, signature, signature_length) };
    if answer == CKR_OK && !signature.is_null() {
        change(|state| state.signs += 1);
    }
    answer
}
