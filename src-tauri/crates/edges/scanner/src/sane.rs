//! libsane behind safe types: the fourteen functions used, loaded when the worker starts.

use crate::message::Failure;
use libloading::Library;
use motcua_desk::ports::{ScanFault, ScannerInfo};
use std::{
    ffi::{CStr, CString, OsString, c_char, c_int, c_void},
    ptr,
};

/// Names another library instead of the system's; tests use it.
const LIBRARY_VARIABLE: &str = "MOTCUA_LIBSANE";
const LIBRARY: &str = "libsane.so.1";

const ACTION_GET: c_int = 0;
const ACTION_SET: c_int = 1;
const CAP_SOFT_SELECT: c_int = 1;
const CAP_INACTIVE: c_int = 32;
/// Options past this many are a driver's nonsense.
const MAX_OPTIONS: c_int = 4_096;
const MAX_LIST: usize = 4_096;

/// `SANE_Status` other than good.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Status {
    Unsupported,
    Cancelled,
    Busy,
    Invalid,
    Eof,
    Jammed,
    NoDocs,
    CoverOpen,
    Io,
    NoMemory,
    Denied,
    Unknown,
}

impl Status {
    fn check(code: c_int) -> Result<(), Self> {
        Err(match code {
            0 => return Ok(()),
            1 => Self::Unsupported,
            2 => Self::Cancelled,
            3 => Self::Busy,
            4 => Self::Invalid,
            5 => Self::Eof,
            6 => Self::Jammed,
            7 => Self::NoDocs,
            8 => Self::CoverOpen,
            9 => Self::Io,
            10 => Self::NoMemory,
            11 => Self::Denied,
            _ => Self::Unknown,
        })
    }
}

impl From<Status> for Failure {
    fn from(status: Status) -> Self {
        Self::Fault(match status {
            Status::Cancelled => return Self::Cancelled,
            Status::Unsupported | Status::Invalid => ScanFault::Unsupported,
            Status::Busy => ScanFault::Busy,
            Status::Eof => ScanFault::Truncated,
            Status::Jammed => ScanFault::Jammed,
            Status::NoDocs => ScanFault::NoPaper,
            Status::CoverOpen => ScanFault::CoverOpen,
            Status::Io | Status::Unknown => ScanFault::Io,
            Status::NoMemory => ScanFault::NoMemory,
            Status::Denied => ScanFault::Denied,
        })
    }
}

/// `SANE_Value_Type`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    Bool,
    Int,
    Fixed,
    Text,
    Button,
    Group,
}

/// `SANE_Unit`, as far as it matters.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Unit {
    Pixel,
    Millimetre,
    Other,
}

/// Legal values of an option, numbers in the option's own unit.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Constraint {
    Free,
    Range { min: f64, max: f64, step: f64 },
    Numbers(Vec<f64>),
    Texts(Vec<String>),
}

/// An option as the device describes it now; settings of others may change it.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct DeviceOption {
    index: c_int,
    pub(crate) name: String,
    pub(crate) kind: Kind,
    pub(crate) unit: Unit,
    size: usize,
    pub(crate) usable: bool,
    pub(crate) constraint: Constraint,
}

/// A value for an option.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Value {
    Bool(bool),
    Numbers(Vec<f64>),
    Text(String),
    Press,
}

/// `SANE_Frame`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum FrameKind {
    Gray,
    Rgb,
    /// One colour of a three-pass scan: 0 red, 1 green, 2 blue.
    Pass(usize),
}

/// `SANE_Parameters`, checked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct FrameParameters {
    pub(crate) kind: FrameKind,
    pub(crate) last: bool,
    pub(crate) bytes_per_line: usize,
    pub(crate) width: usize,
    /// Unknown for a hand scanner.
    pub(crate) lines: Option<usize>,
    pub(crate) depth: u32,
}

#[repr(C)]
struct RawDevice {
    name: *const c_char,
    vendor: *const c_char,
    model: *const c_char,
    kind: *const c_char,
}

#[repr(C)]
struct RawOption {
    name: *const c_char,
    title: *const c_char,
    description: *const c_char,
    kind: c_int,
    unit: c_int,
    size: c_int,
    capabilities: c_int,
    constraint_kind: c_int,
    constraint: *const c_void,
}

#[repr(C)]
#[derive(Default)]
struct RawParameters {
    format: c_int,
    last_frame: c_int,
    bytes_per_line: c_int,
    pixels_per_line: c_int,
    lines: c_int,
    depth: c_int,
}

type Handle = *mut c_void;

struct Functions {
    init: unsafe extern "C" fn(*mut c_int, *const c_void) -> c_int,
    exit: unsafe extern "C" fn(),
    devices: unsafe extern "C" fn(*mut *const *const RawDevice, c_int) -> c_int,
    open: unsafe extern "C" fn(*const c_char, *mut Handle) -> c_int,
    close: unsafe extern "C" fn(Handle),
    descriptor: unsafe extern "C" fn(Handle, c_int) -> *const RawOption,
    control: unsafe extern "C" fn(Handle, c_int, c_int, *mut c_void, *mut c_int) -> c_int,
    parameters: unsafe extern "C" fn(Handle, *mut RawParameters) -> c_int,
    start: unsafe extern "C" fn(Handle) -> c_int,
    read: unsafe extern "C" fn(Handle, *mut u8, c_int, *mut c_int) -> c_int,
    cancel: unsafe extern "C" fn(Handle),
    set_io_mode: unsafe extern "C" fn(Handle, c_int) -> c_int,
}

/// libsane, initialised.
pub(crate) struct Sane {
    functions: Functions,
}

impl Sane {
    /// Loads and initialises libsane.
    pub(crate) fn load() -> Result<Self, Failure> {
        let name = std::env::var_os(LIBRARY_VARIABLE).unwrap_or_else(|| OsString::from(LIBRARY));
        // SAFETY: libsane's initialisers are those of an ordinary C library.
        let library = unsafe { Library::new(name) }.map_err(|_| Failure::NoSystem)?;
        // Never unloaded: drivers leave threads behind, and the process ends soon anyway.
        let library: &'static Library = Box::leak(Box::new(library));
        let functions = Functions::of(library).map_err(|_| Failure::NoSystem)?;
        let mut version = 0;
        // SAFETY: a place for the version, and no authorisation callback.
        Status::check(unsafe { (functions.init)(&raw mut version, ptr::null()) })?;
        Ok(Self { functions })
    }

    /// Devices that scan paper; cameras are left out.
    pub(crate) fn devices(&self) -> Result<Vec<ScannerInfo>, Status> {
        let mut list: *const *const RawDevice = ptr::null();
        // SAFETY: a place for the list; 0 asks for network devices too.
        Status::check(unsafe { (self.functions.devices)(&raw mut list, 0) })?;
        let mut devices = Vec::new();
        for index in 0..MAX_LIST {
            // SAFETY: on success the list is an array of pointers that ends with a null.
            let Some(device) = (unsafe { if list.is_null() { None } else { (*list.add(index)).as_ref() } })
            else {
                break;
            };
            // SAFETY: the four strings of a device are C strings or null.
            let (id, vendor, model, kind) =
                unsafe { (text(device.name), text(device.vendor), text(device.model), text(device.kind)) };
            if !kind.contains("camera") {
                devices.push(ScannerInfo { id, label: format!("{vendor} {model}").trim().to_owned() });
            }
        }
        Ok(devices)
    }

    /// Opens a device by the driver's name of it.
    pub(crate) fn open(&self, name: &str) -> Result<Device<'_>, Status> {
        let name = CString::new(name).map_err(|_| Status::Invalid)?;
        let mut handle = ptr::null_mut();
        // SAFETY: a C string and a place for the handle.
        Status::check(unsafe { (self.functions.open)(name.as_ptr(), &raw mut handle) })?;
        Ok(Device { functions: &self.functions, handle })
    }
}

impl Drop for Sane {
    fn drop(&mut self) {
        // SAFETY: initialised by `load`; devices borrow `self`, so all are closed.
        unsafe { (self.functions.exit)() }
    }
}

impl Functions {
    fn of(library: &'static Library) -> Result<Self, libloading::Error> {
        // SAFETY: names and signatures are those of the SANE standard 1.06, which libsane.so.1 keeps.
        unsafe {
            Ok(Self {
                init: *library.get("sane_init")?,
                exit: *library.get("sane_exit")?,
                devices: *library.get("sane_get_devices")?,
                open: *library.get("sane_open")?,
                close: *library.get("sane_close")?,
                descriptor: *library.get("sane_get_option_descriptor")?,
                control: *library.get("sane_control_option")?,
                parameters: *library.get("sane_get_parameters")?,
                start: *library.get("sane_start")?,
                read: *library.get("sane_read")?,
                cancel: *library.get("sane_cancel")?,
                set_io_mode: *library.get("sane_set_io_mode")?,
            })
        }
    }
}

/// An open device.
pub(crate) struct Device<'a> {
    functions: &'a Functions,
    handle: Handle,
}

impl Device<'_> {
    /// The option of that name as it is now: descriptors are read afresh each time, because setting
    /// one option may change all others (`SANE_INFO_RELOAD_OPTIONS`).
    pub(crate) fn option(&self, name: &str) -> Option<DeviceOption> {
        (1..self.option_count()).find_map(|index| self.described(index).filter(|o| o.name == name))
    }

    /// Sets an option.
    pub(crate) fn set(&self, option: &DeviceOption, value: &Value) -> Result<(), Status> {
        if !option.usable {
            return Err(Status::Unsupported);
        }
        let words =
            |numbers: &[f64]| -> Vec<c_int> { numbers.iter().map(|n| to_word(option.kind, *n)).collect() };
        match (option.kind, value) {
            (Kind::Bool, Value::Bool(on)) => self.set_words(option, vec![c_int::from(*on)]),
            (Kind::Int | Kind::Fixed, Value::Numbers(numbers)) => self.set_words(option, words(numbers)),
            (Kind::Text, Value::Text(text)) => {
                let text = CString::new(text.as_str()).map_err(|_| Status::Invalid)?.into_bytes_with_nul();
                if text.len() > option.size {
                    return Err(Status::Invalid);
                }
                let mut buffer = vec![0u8; option.size];
                buffer[..text.len()].copy_from_slice(&text);
                self.control(option.index, ACTION_SET, buffer.as_mut_ptr().cast())
            }
            (Kind::Button, Value::Press) => self.control(option.index, ACTION_SET, ptr::null_mut()),
            _ => Err(Status::Invalid),
        }
    }

    /// Present value of a number option.
    pub(crate) fn number(&self, option: &DeviceOption) -> Option<f64> {
        let mut words = vec![0 as c_int; option.size / size_of::<c_int>()];
        if words.is_empty() || !matches!(option.kind, Kind::Int | Kind::Fixed) {
            return None;
        }
        self.control(option.index, ACTION_GET, words.as_mut_ptr().cast()).ok()?;
        Some(from_word(option.kind, words[0]))
    }

    /// Present value of a text option.
    pub(crate) fn text(&self, option: &DeviceOption) -> Option<String> {
        if option.kind != Kind::Text {
            return None;
        }
        let mut buffer = vec![0u8; option.size + 1];
        self.control(option.index, ACTION_GET, buffer.as_mut_ptr().cast()).ok()?;
        Some(CStr::from_bytes_until_nul(&buffer).ok()?.to_string_lossy().into_owned())
    }

    /// Parameters of the frame that was started.
    pub(crate) fn parameters(&self) -> Result<FrameParameters, Status> {
        let mut raw = RawParameters::default();
        // SAFETY: an open handle and a place for the parameters.
        Status::check(unsafe { (self.functions.parameters)(self.handle, &raw mut raw) })?;
        let kind = match raw.format {
            0 => FrameKind::Gray,
            1 => FrameKind::Rgb,
            2 => FrameKind::Pass(0),
            3 => FrameKind::Pass(1),
            4 => FrameKind::Pass(2),
            _ => return Err(Status::Unsupported),
        };
        let positive = |n: c_int| usize::try_from(n).ok().filter(|n| *n > 0).ok_or(Status::Io);
        Ok(FrameParameters {
            kind,
            last: raw.last_frame != 0,
            bytes_per_line: positive(raw.bytes_per_line)?,
            width: positive(raw.pixels_per_line)?,
            lines: if raw.lines < 0 { None } else { Some(positive(raw.lines)?) },
            depth: u32::try_from(raw.depth).map_err(|_| Status::Io)?,
        })
    }

    /// Starts a frame.
    pub(crate) fn start(&self) -> Result<(), Status> {
        // SAFETY: an open handle.
        Status::check(unsafe { (self.functions.start)(self.handle) })?;
        // SAFETY: an open handle with a frame started. Blocking is the default; a refusal is fine.
        let _ = unsafe { (self.functions.set_io_mode)(self.handle, 0) };
        Ok(())
    }

    /// Reads into `buffer`; 0 bytes is not the end, [`Status::Eof`] is.
    pub(crate) fn read(&self, buffer: &mut [u8]) -> Result<usize, Status> {
        let room = c_int::try_from(buffer.len()).unwrap_or(c_int::MAX);
        let mut length = 0;
        // SAFETY: an open handle, `room` bytes of `buffer`, and a place for the length.
        Status::check(unsafe {
            (self.functions.read)(self.handle, buffer.as_mut_ptr(), room, &raw mut length)
        })?;
        usize::try_from(length).ok().filter(|n| *n <= buffer.len()).ok_or(Status::Io)
    }

    /// Ends the job and lets the device rest; called once, from the thread that reads.
    pub(crate) fn cancel(&self) {
        // SAFETY: an open handle; allowed at any time.
        unsafe { (self.functions.cancel)(self.handle) }
    }

    fn option_count(&self) -> c_int {
        let mut count: c_int = 0;
        // Option 0 of every device is the number of options, one word.
        match self.control(0, ACTION_GET, (&raw mut count).cast()) {
            Ok(()) => count.clamp(0, MAX_OPTIONS),
            Err(_) => 0,
        }
    }

    fn described(&self, index: c_int) -> Option<DeviceOption> {
        // SAFETY: an open handle; the descriptor is valid or null and lives until the next call that
        // changes options, and everything in it is copied before.
        let raw = unsafe { (self.functions.descriptor)(self.handle, index).as_ref() }?;
        let kind = match raw.kind {
            0 => Kind::Bool,
            1 => Kind::Int,
            2 => Kind::Fixed,
            3 => Kind::Text,
            4 => Kind::Button,
            _ => Kind::Group,
        };
        Some(DeviceOption {
            index,
            // SAFETY: a C string or null.
            name: unsafe { text(raw.name) },
            kind,
            unit: match raw.unit {
                1 => Unit::Pixel,
                3 => Unit::Millimetre,
                _ => Unit::Other,
            },
            size: usize::try_from(raw.size).unwrap_or(0).min(1 << 20),
            usable: raw.capabilities & CAP_SOFT_SELECT != 0 && raw.capabilities & CAP_INACTIVE == 0,
            // SAFETY: the constraint is what its kind says.
            constraint: unsafe { constraint(raw, kind) },
        })
    }

    fn set_words(&self, option: &DeviceOption, mut words: Vec<c_int>) -> Result<(), Status> {
        if words.len() * size_of::<c_int>() != option.size {
            return Err(Status::Invalid);
        }
        self.control(option.index, ACTION_SET, words.as_mut_ptr().cast())
    }

    fn control(&self, index: c_int, action: c_int, value: *mut c_void) -> Result<(), Status> {
        let mut info = 0;
        // SAFETY: an open handle; callers pass as many bytes as the option's size (none for a button).
        Status::check(unsafe { (self.functions.control)(self.handle, index, action, value, &raw mut info) })
    }
}

impl Drop for Device<'_> {
    fn drop(&mut self) {
        // SAFETY: opened by `open`, closed here only.
        unsafe { (self.functions.close)(self.handle) }
    }
}

/// # Safety
/// `raw.constraint` is of the kind its tag says, as the SANE standard demands of drivers.
unsafe fn constraint(raw: &RawOption, kind: Kind) -> Constraint {
    if raw.constraint.is_null() {
        return Constraint::Free;
    }
    // SAFETY: by the caller.
    unsafe {
        match raw.constraint_kind {
            1 => {
                let range = raw.constraint.cast::<c_int>();
                let number = |at| from_word(kind, *range.add(at));
                Constraint::Range { min: number(0), max: number(1), step: number(2) }
            }
            2 => {
                let words = raw.constraint.cast::<c_int>();
                let count = usize::try_from(*words).unwrap_or(0).min(MAX_LIST);
                Constraint::Numbers((1..=count).map(|at| from_word(kind, *words.add(at))).collect())
            }
            3 => {
                let strings = raw.constraint.cast::<*const c_char>();
                let mut texts = Vec::new();
                while texts.len() < MAX_LIST && !(*strings.add(texts.len())).is_null() {
                    texts.push(text(*strings.add(texts.len())));
                }
                Constraint::Texts(texts)
            }
            _ => Constraint::Free,
        }
    }
}

/// # Safety
/// `string` is null or a C string.
unsafe fn text(string: *const c_char) -> String {
    if string.is_null() {
        return String::new();
    }
    // SAFETY: by the caller.
    unsafe { CStr::from_ptr(string) }.to_string_lossy().into_owned()
}

fn from_word(kind: Kind, word: c_int) -> f64 {
    if kind == Kind::Fixed { f64::from(word) / 65_536.0 } else { f64::from(word) }
}

fn to_word(kind: Kind, number: f64) -> c_int {
    let scaled = if kind == Kind::Fixed { number * 65_536.0 } else { number };
    // `as` saturates, and the driver checks its own limits.
    #[allow(clippy::cast_possible_truncation)]
    let word = scaled.round() as c_int;
    word
}
