-- One slot: behind the position, up to the end that was asked for.
o.{seq} > {after} AND o.{seq} <= $4
