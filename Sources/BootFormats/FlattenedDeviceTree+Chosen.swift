extension FlattenedDeviceTree {
  /// The kernel's command line, without its NUL; its position and its number of bytes.
  public var bootArguments: (position: Int, byteCount: Int) {
    let value = property("bootargs", of: child("chosen", of: root).body)
    guard value.kind != Kind.none else { return (0, 0) }
    var count = 0
    while count < value.byteCount, byte(at: value.body &+ count) != 0 { count &+= 1 }
    return (value.body, count)
  }

  /// Where the initrd lies that the loader brought: start and end, or 0 and 0.
  public var initrd: (start: UInt64, end: UInt64) {
    let chosen = child("chosen", of: root)
    guard chosen.kind != Kind.none,
      let start = size(property("linux,initrd-start", of: chosen.body)),
      let end = size(property("linux,initrd-end", of: chosen.body)), start < end
    else { return (0, 0) }
    return (start, end)
  }

  /// A number that may have one cell or two.
  private func size(_ value: Token) -> UInt64? {
    number(value, cell: 0, cells: value.byteCount == 4 ? 1 : 2)
  }
}
