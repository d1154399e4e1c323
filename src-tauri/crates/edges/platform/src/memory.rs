//! What the allocator keeps for itself.

/// Has freed buffers go back to the system at once, and not wait in the allocator for the next one.
///
/// Seen in a window after two hundred dossiers: a dozen arenas, each with 11 MB free at its top that nothing gives
/// back, the size of one page in colour. glibc raises the bound above which a buffer is mapped by itself with the
/// first such buffer that is freed (`mallopt(3)`, "dynamic mmap threshold"); a bound that is set stays. To be called
/// before the first thread is started. Where there is no glibc nothing is done.
pub fn give_back_large_buffers() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    for (setting, value) in
        [(libc::M_MMAP_THRESHOLD, 1 << 20), (libc::M_TRIM_THRESHOLD, 1 << 20), (libc::M_ARENA_MAX, 4)]
    {
        // SAFETY: two numbers, no pointer; glibc takes its own lock while it sets them.
        unsafe { libc::mallopt(setting, value) };
    }
}
