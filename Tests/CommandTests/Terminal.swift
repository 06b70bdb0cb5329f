import Foundation

/// A pseudo terminal: the side that a command writes to, and what arrives at the other.
final class Terminal {
  let handle: FileHandle
  private let master: Int32

  // ioctl_tty(2); macros that Swift does not import, as the calls that use them.
  private static let TIOCSPTLCK: UInt = 0x4004_5431
  private static let TIOCGPTN: UInt = 0x8004_5430

  init() throws {
    var (number, isLocked) = (Int32(0), Int32(0))
    master = unsafe open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC)
    guard unsafe ioctl(master, Self.TIOCSPTLCK, &isLocked) == 0,
      unsafe ioctl(master, Self.TIOCGPTN, &number) == 0
    else { throw CocoaError(.fileReadUnknown) }
    let descriptor = unsafe open("/dev/pts/\(number)", O_RDWR | O_NOCTTY | O_CLOEXEC)
    guard descriptor >= 0 else { throw CocoaError(.fileReadUnknown) }
    handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: false)
  }

  deinit {
    close(handle.fileDescriptor)
    close(master)
  }

  /// Everything that was written so far.
  func output() -> String {
    var text: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 4096)
    var request = pollfd(fd: master, events: Int16(POLLIN), revents: 0)
    while unsafe poll(&request, 1, 0) == 1, request.revents & Int16(POLLIN) != 0 {
      let count = unsafe read(master, &buffer, buffer.count)
      guard count > 0 else { break }
      text += buffer.prefix(count)
    }
    return String(decoding: text, as: UTF8.self)
  }
}
