-- A text as lists show it: {most} characters, and three dots when there are more. left and substr read the beginning of a stored
-- value only, so that a long one is neither read nor sent.
left({text}, {most}) || CASE WHEN substr({text}, {most} + 1, 1) <> '' THEN '...' ELSE '' END
