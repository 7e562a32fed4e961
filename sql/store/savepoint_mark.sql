-- Mark first: where the mark can be undone when the message was not acknowledged.
SAVEPOINT outrider_mark
