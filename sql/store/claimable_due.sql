-- A waiting row holds back only itself: with ordering: none. And on version 1, which keeps nothing about waiting rows: those
-- that the lane holds are passed over by their aggregates.
{placed}
AND ({aggregate} IN (SELECT unnest($5))) IS NOT TRUE
{unblocked}
