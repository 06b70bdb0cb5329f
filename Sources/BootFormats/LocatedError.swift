/// What is wrong with a file, and the byte of it that says so.
public struct LocatedError<Cause: Error & Equatable>: Error, Equatable {
  public let cause: Cause
  public let offset: Int

  public init(_ cause: Cause, at offset: Int) {
    self.cause = cause
    self.offset = offset
  }
}
