-- As in a window that got its slot; the planner looks at the setting too.
SELECT set_config('outrider.slot', 'true', true)
