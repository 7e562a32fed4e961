-- Where published is never NULL: written so that the index (published, created_at) serves it.
o.{published} = false
