/// A UART that only needs to be written to.
public struct SerialConsole: Equatable, Sendable {
  public enum Kind: UInt8, Sendable {
    /// Arm PrimeCell UART.
    case pl011 = 1
    /// Anything with the registers of a 16550.
    case ns16550 = 2
  }

  public let kind: Kind
  /// Physical address of the registers.
  public let address: UInt64
  /// Registers of a 16550 lie `1 << registerShift` bytes apart.
  public let registerShift: UInt8
  /// Bytes by which its registers are accessed: 1 or 4.
  public let accessByteCount: UInt8

  public init(kind: Kind, address: UInt64, registerShift: UInt8, accessByteCount: UInt8) {
    self.kind = kind
    self.address = address
    self.registerShift = registerShift
    self.accessByteCount = accessByteCount
  }
}

extension FlattenedDeviceTree {
  /// The console that /chosen names, if it is of a known kind and can be reached.
  public func console(in blob: borrowing Span<UInt8>) throws(DeviceTreeError) -> SerialConsole? {
    var path = Path(root: try root(in: blob))
    guard let chosen = try child(.text("chosen"), of: path.last, in: blob),
      let value = try property(.text("stdout-path"), of: chosen, in: blob)
    else { return nil }
    // "serial0:115200n8": what follows the colon is for a driver that sets the line up.
    var name = try string(at: value.lowerBound, before: value.upperBound, in: blob)
    if let colon = first(UInt8(ascii: ":"), in: name, of: blob) {
      name = name.lowerBound..<colon
    }
    // Longer than any path of a board.
    guard name.count <= 256 else { return nil }
    guard try follow(name, from: &path, in: blob), path.count > 1,
      let kind = try consoleKind(of: path.last, in: blob),
      let address = try address(of: path, in: blob)
    else { return nil }

    let shift = try register("reg-shift", of: path.last, default: 0, in: blob)
    let width = try register("reg-io-width", of: path.last, default: 1, in: blob)
    // Registers that do not lie where their accesses are aligned cannot be meant.
    guard address < 1 << 48, shift <= 3, width == 1 || width == 4,
      kind == .pl011 || width <= 1 << shift,
      address % (kind == .pl011 ? 4 : width) == 0
    else { return nil }
    return SerialConsole(
      kind: kind, address: address, registerShift: UInt8(truncatingIfNeeded: shift),
      accessByteCount: UInt8(truncatingIfNeeded: width))
  }

  /// `compatible` is a list of strings, each with its NUL, the most specific first.
  private func consoleKind(
    of node: Node, in blob: borrowing Span<UInt8>
  ) throws(DeviceTreeError) -> SerialConsole.Kind? {
    guard let value = try property(.text("compatible"), of: node, in: blob) else { return nil }
    var position = value.lowerBound
    while let name = try nextString(at: &position, before: value.upperBound, in: blob) {
      if matches(name, "arm,pl011", in: blob) || matches(name, "arm,sbsa-uart", in: blob) {
        return .pl011
      }
      // ns16550, ns16550a, ...
      let stem = name.lowerBound..<min(name.upperBound, name.lowerBound + 7)
      if matches(stem, "ns16550", in: blob) || matches(name, "snps,dw-apb-uart", in: blob) {
        return .ns16550
      }
    }
    return nil
  }

  private func register(
    _ name: StaticString, of node: Node, default value: UInt64, in blob: borrowing Span<UInt8>
  ) throws(DeviceTreeError) -> UInt64 {
    guard let property = try property(.text(name), of: node, in: blob) else { return value }
    return number(at: property.lowerBound, cells: 1, before: property.upperBound, in: blob) ?? value
  }
}
