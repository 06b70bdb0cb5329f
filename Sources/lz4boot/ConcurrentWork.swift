import Glibc

/// Runs `other` on a thread of its own beside `work`, and returns when both have ended.
///
/// Only the two closures may use what they share, and `other` may not print or fail the command.
func runConcurrently(_ work: () -> Void, beside other: @escaping () -> Void) {
  let boxed = unsafe Unmanaged.passRetained(Work(body: other))
  var thread = pthread_t()
  let code = unsafe pthread_create(
    &thread, nil,
    { argument in
      // SAFETY: the argument is the box made above, retained once for this call.
      unsafe Unmanaged<Work>.fromOpaque(argument!).takeRetainedValue().body()
      return nil
    }, boxed.toOpaque())
  work()
  if code == 0 {
    // What the thread wrote is visible from here on (POSIX, "Memory Synchronization").
    pthread_join(thread, nil)
  } else {
    // No thread is to be had: one after the other.
    unsafe boxed.takeRetainedValue().body()
  }
}

private final class Work {
  let body: () -> Void

  init(body: @escaping () -> Void) {
    self.body = body
  }
}
