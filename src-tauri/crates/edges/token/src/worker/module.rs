//! The PKCS#11 module: the only place that calls foreign code.
//!
//! Used by one thread only. Buffers are prepared in advance and no size is asked of `C_Sign`: some
//! modules spend the login, or pop up a dialog, on that question.

use super::answer::Answer;
use cryptoki_sys::*;
use std::{ffi::c_void, path::Path, ptr};

/// A loaded and initialised module.
pub(super) struct Module {
    list: CK_FUNCTION_LIST,
    // Must outlive `list`, which points into it.
    _library: libloading::Library,
}

/// An attribute an object must have to be found.
pub(super) enum Having<'a> {
    Class(CK_OBJECT_CLASS),
    KeyType(CK_KEY_TYPE),
    Id(&'a [u8]),
}

/// Calls a function of the list.
macro_rules! call {
    ($list:expr, $name:ident ( $($argument:expr),* )) => {{
        let function = $list.$name.ok_or(Answer(CKR_FUNCTION_NOT_SUPPORTED))?;
        // SAFETY: the list is the module's own and the library stays loaded as long as it; every
        // pointer among the arguments is valid for its length during the call (see each caller).
        let answer = unsafe { function($($argument),*) };
        if answer == CKR_OK { Ok(()) } else { Err(Answer(answer)) }
    }};
}

impl Module {
    /// Loads and initialises the module at `path`; `None` if it is no PKCS#11 module.
    pub(super) fn load(path: &Path) -> Option<Self> {
        // SAFETY: the module is the one the office has chosen; its initialisers run in this process
        // made for it.
        let library = unsafe { libloading::Library::new(path) }.ok()?;
        type Entry = unsafe extern "C" fn(*mut *mut CK_FUNCTION_LIST) -> CK_RV;
        // SAFETY: this symbol has this type in every PKCS#11 module.
        let entry = unsafe { library.get::<Entry>(b"C_GetFunctionList") }.ok()?;
        let mut list = ptr::null_mut();
        // SAFETY: `list` may be written to.
        if unsafe { entry(&raw mut list) } != CKR_OK || list.is_null() {
            return None;
        }
        // SAFETY: not null; a 2.x table, copied whole, is plain data of the loaded library. Modules of
        // 3.x answer this entry with the same table.
        let list = unsafe { *list };
        let module = Self { list, _library: library };
        module.initialize().ok()?;
        Some(module)
    }

    fn initialize(&self) -> Result<(), Answer> {
        // Modules with threads of their own need to know that locks of the system may be used.
        let mut arguments = CK_C_INITIALIZE_ARGS {
            CreateMutex: None,
            DestroyMutex: None,
            LockMutex: None,
            UnlockMutex: None,
            flags: CKF_OS_LOCKING_OK,
            pReserved: ptr::null_mut(),
        };
        match call!(self.list, C_Initialize((&raw mut arguments).cast::<c_void>())) {
            Err(Answer(CKR_CRYPTOKI_ALREADY_INITIALIZED)) => Ok(()),
            // Old modules know no arguments.
            Err(Answer(CKR_CANT_LOCK | CKR_ARGUMENTS_BAD)) => {
                call!(self.list, C_Initialize(ptr::null_mut()))
            }
            other => other,
        }
    }

    /// Finalises and initialises again: the cure for modules that keep a stale list of slots.
    pub(super) fn restart(&self) -> Result<(), Answer> {
        let _: Result<(), Answer> = self.finalize();
        self.initialize()
    }

    fn finalize(&self) -> Result<(), Answer> {
        call!(self.list, C_Finalize(ptr::null_mut()))
    }

    /// Slots with a token in them.
    pub(super) fn slots(&self) -> Result<Vec<CK_SLOT_ID>, Answer> {
        // A token may come between the two calls.
        for _ in 0..3 {
            let mut count: CK_ULONG = 0;
            call!(self.list, C_GetSlotList(CK_TRUE, ptr::null_mut(), &raw mut count))?;
            let mut slots = vec![0; size(count)];
            if slots.is_empty() {
                return Ok(slots);
            }
            match call!(self.list, C_GetSlotList(CK_TRUE, slots.as_mut_ptr(), &raw mut count)) {
                Err(Answer(CKR_BUFFER_TOO_SMALL)) => {}
                Err(other) => return Err(other),
                Ok(()) => {
                    slots.truncate(size(count));
                    return Ok(slots);
                }
            }
        }
        Err(Answer(CKR_BUFFER_TOO_SMALL))
    }

    /// What the token says of itself.
    pub(super) fn token_info(&self, slot: CK_SLOT_ID) -> Result<CK_TOKEN_INFO, Answer> {
        let mut info = CK_TOKEN_INFO::default();
        call!(self.list, C_GetTokenInfo(slot, &raw mut info))?;
        Ok(info)
    }

    /// Mechanisms of the token; empty when it will not say.
    pub(super) fn mechanisms(&self, slot: CK_SLOT_ID) -> Vec<CK_MECHANISM_TYPE> {
        let read = || -> Result<Vec<CK_MECHANISM_TYPE>, Answer> {
            let mut count: CK_ULONG = 0;
            call!(self.list, C_GetMechanismList(slot, ptr::null_mut(), &raw mut count))?;
            let mut mechanisms = vec![0; size(count)];
            call!(self.list, C_GetMechanismList(slot, mechanisms.as_mut_ptr(), &raw mut count))?;
            mechanisms.truncate(size(count));
            Ok(mechanisms)
        };
        read().unwrap_or_default()
    }

    /// Opens a read-only session.
    pub(super) fn open_session(&self, slot: CK_SLOT_ID) -> Result<CK_SESSION_HANDLE, Answer> {
        let mut session: CK_SESSION_HANDLE = 0;
        call!(self.list, C_OpenSession(slot, CKF_SERIAL_SESSION, ptr::null_mut(), None, &raw mut session))?;
        Ok(session)
    }

    /// Closes a session.
    pub(super) fn close_session(&self, session: CK_SESSION_HANDLE) -> Result<(), Answer> {
        call!(self.list, C_CloseSession(session))
    }

    /// One login try; no PIN = the reader's pad asks.
    pub(super) fn login(
        &self,
        session: CK_SESSION_HANDLE,
        user: CK_USER_TYPE,
        pin: Option<&[u8]>,
    ) -> Result<(), Answer> {
        // The standard wants a mutable pointer and promises not to write.
        let (start, length) = pin.map_or((ptr::null_mut(), 0), |pin| (pin.as_ptr().cast_mut(), pin.len()));
        call!(self.list, C_Login(session, user, start, ulong(length)))
    }

    /// Logs this application out of the token.
    pub(super) fn logout(&self, session: CK_SESSION_HANDLE) -> Result<(), Answer> {
        call!(self.list, C_Logout(session))
    }

    /// Objects that have all of these.
    pub(super) fn find(
        &self,
        session: CK_SESSION_HANDLE,
        having: &[Having<'_>],
    ) -> Result<Vec<CK_OBJECT_HANDLE>, Answer> {
        let mut template: Vec<_> = having.iter().map(Having::attribute).collect();
        call!(self.list, C_FindObjectsInit(session, template.as_mut_ptr(), ulong(template.len())))?;
        let mut found = Vec::new();
        let outcome = loop {
            let mut some = [0 as CK_OBJECT_HANDLE; 32];
            let mut count: CK_ULONG = 0;
            match call!(
                self.list,
                C_FindObjects(session, some.as_mut_ptr(), ulong(some.len()), &raw mut count)
            ) {
                Ok(()) if count == 0 => break Ok(()),
                Ok(()) => found.extend_from_slice(&some[..size(count).min(some.len())]),
                Err(other) => break Err(other),
            }
        };
        let _: Result<(), Answer> = call!(self.list, C_FindObjectsFinal(session));
        outcome.map(|()| found)
    }

    /// An attribute's bytes; `None` when the object has none to show.
    pub(super) fn attribute(
        &self,
        session: CK_SESSION_HANDLE,
        object: CK_OBJECT_HANDLE,
        kind: CK_ATTRIBUTE_TYPE,
    ) -> Result<Option<Vec<u8>>, Answer> {
        let mut asked = CK_ATTRIBUTE { type_: kind, pValue: ptr::null_mut(), ulValueLen: 0 };
        match call!(self.list, C_GetAttributeValue(session, object, &raw mut asked, 1)) {
            Ok(()) => {}
            Err(Answer(CKR_ATTRIBUTE_TYPE_INVALID | CKR_ATTRIBUTE_SENSITIVE)) => return Ok(None),
            Err(other) => return Err(other),
        }
        if asked.ulValueLen == CK_UNAVAILABLE_INFORMATION {
            return Ok(None);
        }
        let mut value = vec![0u8; size(asked.ulValueLen)];
        asked.pValue = value.as_mut_ptr().cast();
        call!(self.list, C_GetAttributeValue(session, object, &raw mut asked, 1))?;
        value.truncate(size(asked.ulValueLen));
        Ok(Some(value))
    }

    /// Announces a signature.
    pub(super) fn sign_init(
        &self,
        session: CK_SESSION_HANDLE,
        mechanism: CK_MECHANISM_TYPE,
        key: CK_OBJECT_HANDLE,
    ) -> Result<(), Answer> {
        let mut mechanism = CK_MECHANISM { mechanism, pParameter: ptr::null_mut(), ulParameterLen: 0 };
        call!(self.list, C_SignInit(session, &raw mut mechanism, key))
    }

    /// Makes it; `room` = the longest it can be.
    pub(super) fn sign(
        &self,
        session: CK_SESSION_HANDLE,
        data: &[u8],
        room: usize,
    ) -> Result<Vec<u8>, Answer> {
        let mut signature = vec![0u8; room];
        let mut length = ulong(room);
        // The standard wants a mutable pointer to the data and promises not to write.
        call!(
            self.list,
            C_Sign(
                session,
                data.as_ptr().cast_mut(),
                ulong(data.len()),
                signature.as_mut_ptr(),
                &raw mut length
            )
        )?;
        signature.truncate(size(length));
        Ok(signature)
    }
}

impl Drop for Module {
    fn drop(&mut self) {
        let _ = self.finalize();
    }
}

impl Having<'_> {
    /// Borrows from `self`; used only while `self` lives.
    fn attribute(&self) -> CK_ATTRIBUTE {
        let (type_, value, length) = match self {
            Self::Class(class) => (CKA_CLASS, ptr::from_ref(class).cast(), size_of_val(class)),
            Self::KeyType(kind) => (CKA_KEY_TYPE, ptr::from_ref(kind).cast(), size_of_val(kind)),
            Self::Id(id) => (CKA_ID, id.as_ptr(), id.len()),
        };
        CK_ATTRIBUTE { type_, pValue: value.cast_mut().cast(), ulValueLen: ulong(length) }
    }
}

fn size(count: CK_ULONG) -> usize {
    usize::try_from(count).unwrap_or(usize::MAX)
}

fn ulong(length: usize) -> CK_ULONG {
    CK_ULONG::try_from(length).unwrap_or(CK_ULONG::MAX)
}
