#!/bin/sh
# Puts the Swift that the sources need into $SRC/swift: that of the services' image is older.
set -eu
mkdir "$SRC/swift"
curl -fsSL "https://download.swift.org/swift-6.3.1-release/ubuntu2404/swift-6.3.1-RELEASE/swift-6.3.1-RELEASE-ubuntu24.04.tar.gz" |
    tar xz -C "$SRC/swift" --strip-components=1
