-- No row waits for its next attempt: every unpublished row behind the position may go.
{queue}
AND ({aggregate} IN (SELECT unnest($5))) IS NOT TRUE
