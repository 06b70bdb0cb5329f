extension FlattenedDeviceTree {
  /// The body of /chosen; 0 if there is none.
  @inline(never)
  var chosen: Int { child("chosen", of: root).body }

  /// The kernel's command line, without its NUL; its position and its number of bytes.
  public var bootArguments: (position: Int, byteCount: Int) {
    let value = property(.arguments, of: chosen)
    var count = 0
    while count < value.byteCount, byte(at: value.body &+ count) != 0 { count &+= 1 }
    return (value.body, count)
  }

  /// Where the initrd lies that the loader brought: start and end, or 0 and 0.
  public var initrd: (start: UInt64, end: UInt64) {
    let chosen = chosen
    let start = address(property(.initrdStart, of: chosen), else: .max)
    let end = address(property(.initrdEnd, of: chosen), else: 0)
    return start < end ? (start, end) : (0, 0)
  }

  /// An address that may have one cell or two.
  private func address(_ value: Token, else other: UInt64) -> UInt64 {
    number(value, cell: 0, cells: value.byteCount == 4 ? 1 : 2, else: other)
  }
}
