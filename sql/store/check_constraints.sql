-- A mark that only COMMIT would refuse is refused now, before its message is sent.
SET CONSTRAINTS ALL IMMEDIATE
