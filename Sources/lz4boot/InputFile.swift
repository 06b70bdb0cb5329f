import Glibc

/// A whole file, or stdin, in memory.
///
/// It is read, not mapped: a file that shrinks or a disk that fails is then an error and no signal.
struct InputFile {
  /// How messages call it.
  let name: String
  let memory: MappedMemory

  var byteCount: Int { memory.byteCount }

  /// Bytes out of a file, under its name.
  init(name: String, memory: MappedMemory) {
    self.name = name
    self.memory = memory
  }

  /// Reads the file; `-` is stdin.
  init(_ path: String) throws(CommandFailure) {
    name = path == "-" ? "<stdin>" : path
    let descriptor = path == "-" ? STDIN_FILENO : unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw .lastCall(name) }
    defer { if descriptor != STDIN_FILENO { close(descriptor) } }
    memory = try Self.readAll(descriptor, name: name)
  }

  private static func readAll(_ descriptor: Int32, name: String) throws(CommandFailure)
    -> MappedMemory
  {
    var memory = try MappedMemory(capacity: initialCapacity(descriptor), for: name)
    while true {
      if memory.byteCount == memory.capacity { memory = try enlarged(memory, for: name) }
      let before = memory.byteCount
      try unsafe memory.append { (room) throws(CommandFailure) in
        try unsafe read(descriptor, into: room, name: name)
      }
      if memory.byteCount == before { return memory }
    }
  }

  /// One byte more than the file has, so that its end is seen without enlarging.
  private static func initialCapacity(_ descriptor: Int32) -> Int {
    var status = stat()
    guard unsafe fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      return 1 << 20
    }
    return Int(status.st_size) + 1
  }

  private static func enlarged(_ memory: MappedMemory, for name: String) throws(CommandFailure)
    -> MappedMemory
  {
    let larger = try MappedMemory(capacity: max(memory.capacity, 1 << 19) * 2, for: name)
    larger.append(memory)
    return larger
  }

  private static func read(
    _ descriptor: Int32, into room: UnsafeMutableRawBufferPointer, name: String
  ) throws(CommandFailure) -> Int {
    while true {
      // A signal that is handled may cut a read short.
      let count = unsafe Glibc.read(descriptor, room.baseAddress, room.count)
      if count >= 0 { return count }
      guard errno == EINTR else { throw .lastCall(name) }
    }
  }
}
