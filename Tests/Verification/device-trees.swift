// Changes a device tree as the stub does and writes it out.
//   device-trees FILE TEXT INITRD-START INITRD-END      addresses in hexadecimal
import Foundation

@main
enum DeviceTrees {
  static func main() throws {
    let arguments = CommandLine.arguments
    let file = try Data(contentsOf: URL(fileURLWithPath: arguments[1]))
    let capacity = Int(PackedImage.treeCopyByteCount(ofTree: UInt64(file.count)))
    let text = Array(arguments[2].utf8)
    let memory = unsafe UnsafeMutableRawPointer.allocate(byteCount: 2 * capacity, alignment: 8)
      .assumingMemoryBound(to: UInt8.self)
    let target = unsafe memory + capacity
    unsafe file.copyBytes(to: memory, count: file.count)
    guard let tree = unsafe FlattenedDeviceTree(unsafeStart: memory, limit: file.count),
      let copy = unsafe tree.copy(unsafeTo: target, capacity: capacity),
      copy.open(capacity: capacity),
      unsafe copy.setArguments(
        of: tree, unsafeAppend: text, byteCount: text.count, capacity: capacity),
      copy.set(.initrdStart, number: UInt64(arguments[3], radix: 16)!, capacity: capacity),
      copy.set(.initrdEnd, number: UInt64(arguments[4], radix: 16)!, capacity: capacity)
    else { fatalError("\(arguments[1]): no device tree, or too large") }
    unsafe FileHandle.standardOutput.write(Data(bytes: target, count: copy.byteCount))
  }
}
