-- Puts the staged photographs of each outlet in the order of time, and numbers its sessions: a session begins with status
-- 2, unless the one before was left no longer than :merge_gap ago. After :abandoned_after without a photograph it is over.
INSERT INTO photograph_in_order
WITH ordered AS (
  SELECT *,
         lag(status) OVER statuses AS status_before,
         lag(at) OVER statuses AS at_before,
         lead(at) OVER statuses AS until,
         energy_increase(lag(energy_kwh) OVER registers, energy_kwh) AS drawn_kwh,
         lag(at) OVER registers AS drawn_since
    FROM photograph
  WINDOW statuses AS (PARTITION BY box, outlet, status IS NULL ORDER BY at),
         registers AS (PARTITION BY box, outlet, energy_kwh IS NULL ORDER BY at)
), marked AS (
  SELECT *,
         coalesce(status <> 2 AND status_before = 2 AND at - at_before <= :abandoned_after, false) AS is_left,
         coalesce(status = 2 AND (status_before IS DISTINCT FROM 2 OR at - at_before > :abandoned_after), false) AS is_begun
    FROM ordered
), left_before AS (
  SELECT *, max(at) FILTER (WHERE is_left) OVER (PARTITION BY box, outlet ORDER BY at) AS left_at FROM marked
)
SELECT box, outlet, at, status, status_before, until, power_w, power_factor, drawn_kwh, drawn_since, backlog, is_left,
       count(*) FILTER (WHERE is_begun AND (left_at IS NULL OR at - left_at > :merge_gap))
         OVER (PARTITION BY box, outlet ORDER BY at) AS session
  FROM left_before
