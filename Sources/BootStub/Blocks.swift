import BootStubEntry
import CLZ4Boot

#if canImport(BootFormats)
  import BootFormats
#endif

// Sums of addresses here are below 2^50, so nothing wraps around.

/// MMU and caches on, on every core. Decodes the blocks that this core can claim, to where they
/// belong.
@c @implementation
public func stub_work(_ state: UnsafeMutablePointer<stub_state>, _ index: UInt64) {
  let core = unsafe stub_core_at(state, index)
  let times = unsafe stub_time_at(state, UInt64(STUB_TIME_CORES) &+ 2 &* index)
  unsafe times[0] = stub_ticks()
  var walk = unsafe BlockWalk(state)
  let status = walk.decode()
  if status != .ok {
    unsafe core.pointee.failure.status = UInt64(status.rawValue)
    unsafe core.pointee.failure.piece = walk.piece
    unsafe core.pointee.failure.block = walk.block
    unsafe core.pointee.failure.number = walk.number
    unsafe core.pointee.failure.offset = walk.source &- walk.start
  }
  unsafe times[1] = stub_ticks()
  unsafe stub_set_done(core)
}

/// The way of one core along all blocks ("LZ4 Frame Format", "Data Blocks"), of which it decodes
/// those that it claims. Each is judged as in the frame that it is from.
///
///     [size:u32le, bit 31: not compressed][size bytes][XXH32 of these:u32le]
///
/// Blocks are claimed in order, so of several that are refused the first one is among those found.
@safe
private struct BlockWalk {
  private let state: UnsafeMutablePointer<stub_state>
  /// Where it is: kernel or initrd, the block in it, and the start of the frame.
  private(set) var piece: UInt64 = 0
  private(set) var block: UInt64 = 0
  /// Of the block, counted through all pieces.
  private(set) var number: UInt64 = 0
  private(set) var start: UInt64 = 0
  /// In the frame. After a refusal, the first byte at fault.
  private(set) var source: UInt64 = 0

  init(_ state: UnsafeMutablePointer<stub_state>) { unsafe self.state = state }

  mutating func decode() -> lz4boot_status {
    let most: UInt64 = unsafe 1 &<< Descriptor(of: state)[.blockShift]
    var claimed = unsafe stub_claim(state)
    while unsafe piece != state.pointee.piece_count {
      let frame = unsafe stub_piece_at(state, piece)
      unsafe start = frame.pointee.source
      source = start &+ PackedImage.frameHeaderByteCount
      block = 0
      var left = unsafe frame.pointee.target_byte_count
      while true {
        let byteCount = min(most, left)
        let room = unsafe frame.pointee.source_end &- source
        guard room >= 4 else { return .truncated_input }
        let word = stub_load32(source)
        guard word != 0 else {
          // The end mark: nothing is missing, and nothing follows.
          guard left == 0 else { return .content_size_mismatch }
          guard room == 4 else { return .trailing_data }
          break
        }
        let size = UInt64(word & 0x7fff_ffff)
        guard size <= most else { return .block_too_large }
        guard size &+ 8 <= room else { return .truncated_input }
        guard left != 0 else { return .content_size_mismatch }
        if number == claimed {
          let target = unsafe frame.pointee.target_end &- left
          let status = decode(size, isStored: word >> 31 != 0, to: target, byteCount)
          guard status == .ok else { return status }
          claimed = unsafe stub_claim(state)
        }
        source = source &+ size &+ 8
        left &-= byteCount
        number &+= 1
        block &+= 1
      }
      piece &+= 1
    }
    return .ok
  }

  /// Decodes the block at `source`, of so many bytes, to what it is the share of.
  private mutating func decode(
    _ size: UInt64, isStored: Bool, to target: UInt64, _ byteCount: UInt64
  ) -> lz4boot_status {
    let data = source &+ 4
    var decoded = size
    if !isStored {
      var report = lz4boot_report()
      let status = unsafe lz4boot_decode_block(
        pointer(to: data), Int(truncatingIfNeeded: size),
        UnsafeMutableRawPointer(mutating: pointer(to: target)), Int(truncatingIfNeeded: byteCount),
        &report)
      decoded = report.target_byte_count
      guard status == .ok else {
        source = data &+ report.source_offset
        // More than the block's share of the content is more than a block may hold.
        return status == .target_full ? .block_too_large : status
      }
    } else if size <= byteCount {
      stub_copy(target, data, size)
    }
    let end = data &+ size
    guard
      unsafe lz4boot_xxh32(pointer(to: data), Int(truncatingIfNeeded: size), 0) == stub_load32(end)
    else {
      source = end
      return .block_checksum_mismatch
    }
    return decoded == byteCount ? .ok : .content_size_mismatch
  }
}
