-- Fills CHARGING_BOX_ANALYSIS for the month from :from_day to before :to_day, up to :now: a row for each box that Eboost lists,
-- or that was heard of or billed in it. A box whose connection was never told counts as online; time that was not observed
-- counts for nothing.
WITH bounds AS (
  SELECT :from_day::timestamp AT TIME ZONE :time_zone AS from_time,
         greatest(least(:now, :to_day::timestamp AT TIME ZONE :time_zone),
                  :from_day::timestamp AT TIME ZONE :time_zone) AS to_time
), events AS (
  SELECT box,
         count(DISTINCT customer)::integer AS active_customers,
         count(*)::integer AS charging_events,
         sum(kwh)::double precision AS billed_kwh,
         sum(activation_fee) AS activation_fee,
         sum(consumed_fee) AS consumed_fee,
         sum(discount) AS discount,
         sum(revenue) AS revenue,
         count(DISTINCT outlet)::smallint AS active_outlets
    FROM charging_event
   WHERE day >= :from_day AND day < :to_day
   GROUP BY box
), hours AS (
  SELECT box, (sum(charging_s::numeric) / 3600)::double precision AS charging_hours
    FROM box_hour, bounds
   WHERE hour >= from_time AND hour < to_time
   GROUP BY box
), unobserved AS (
  SELECT coalesce(range_agg(tstzrange(from_time, to_time)), '{}') AS times FROM unobserved_time
), installed AS (
  SELECT box, outlet,
         range_agg(tstzrange(since, until)) FILTER (WHERE installed) AS times,
         min(since) AS heard_since
    FROM (SELECT *, lead(since) OVER (PARTITION BY box, outlet ORDER BY since) AS until FROM outlet_installation) AS states
   GROUP BY box, outlet
), connection AS (
  -- The state at the start of the month is that of the last point before it.
  SELECT box, at, online FROM box_connection, bounds WHERE at >= from_time AND at < to_time
   UNION ALL
  SELECT boxes.box, last.at, last.online
    FROM (SELECT DISTINCT box FROM outlet_installation UNION SELECT DISTINCT box FROM box_connection) AS boxes
   CROSS JOIN bounds
   CROSS JOIN LATERAL (SELECT at, online FROM box_connection
                        WHERE box_connection.box = boxes.box AND at < from_time ORDER BY at DESC LIMIT 1) AS last
), connected AS (
  SELECT box, min(at) AS told_since, range_agg(tstzrange(at, until)) FILTER (WHERE NOT online) AS offline
    FROM (SELECT *, lead(at) OVER (PARTITION BY box ORDER BY at) AS until FROM connection) AS states
   GROUP BY box
), heard AS (
  SELECT box, least(min(heard_since), min(told_since)) AS since
    FROM (SELECT box, heard_since, NULL::timestamptz AS told_since FROM installed
           UNION ALL SELECT box, NULL, told_since FROM connected) AS either
   GROUP BY box
), observed AS (
  SELECT heard.box,
         tstzmultirange(tstzrange(greatest(since, from_time), to_time)) - unobserved.times AS times,
         coalesce(connected.offline, '{}') AS offline
    FROM heard LEFT JOIN connected USING (box) CROSS JOIN unobserved CROSS JOIN bounds
   WHERE since < to_time
), online AS (
  SELECT box, times - offline AS times,
         (SELECT sum(extract(epoch FROM upper(part) - lower(part))) FROM unnest(times) AS part) AS observed_s,
         (SELECT sum(extract(epoch FROM upper(part) - lower(part))) FROM unnest(times - offline) AS part) AS online_s
    FROM observed
), outlets AS (
  SELECT box, sum((SELECT sum(extract(epoch FROM upper(part) - lower(part)))
                     FROM unnest(online.times * installed.times) AS part)) / 3600 AS online_outlet_hours
    FROM online JOIN installed USING (box)
   GROUP BY box
), listed AS (
  SELECT substring(unique_id FROM '^Ebox_([0-9]{1,9})$')::integer AS box FROM eboost_box, bounds
   WHERE created_at < to_time OR created_at IS NULL
), boxes AS (
  SELECT box FROM events
   UNION SELECT box FROM hours
   UNION SELECT box FROM online
   UNION SELECT box FROM listed
), wanted AS (
  SELECT box, :from_day AS month,
         coalesce(active_customers, 0) AS active_customers,
         coalesce(charging_events, 0) AS charging_events,
         coalesce(billed_kwh, 0) AS billed_kwh,
         coalesce(activation_fee, 0) AS activation_fee,
         coalesce(consumed_fee, 0) AS consumed_fee,
         coalesce(discount, 0) AS discount,
         coalesce(revenue, 0) AS revenue,
         coalesce(active_outlets, 0::smallint) AS active_outlets,
         (coalesce(online_s, 0) / nullif(observed_s, 0))::double precision AS online_share,
         coalesce(charging_hours, 0) AS charging_hours,
         coalesce(online_outlet_hours, 0)::double precision AS online_outlet_hours,
         (coalesce(charging_hours, 0)::numeric / nullif(online_outlet_hours, 0))::double precision AS utilization,
         CASE WHEN active_outlets > 0
              THEN least(100, charging_events / (:utilization_events_per_outlet * active_outlets) * 100)::double precision
              ELSE 0 END AS utilization_by_events
    FROM boxes CROSS JOIN bounds
    LEFT JOIN events USING (box) LEFT JOIN hours USING (box) LEFT JOIN online USING (box) LEFT JOIN outlets USING (box)
   WHERE box >= :first_box AND from_time < to_time
), removed AS (
  DELETE FROM charging_box_analysis AS kept
   WHERE kept.month = :from_day AND NOT EXISTS (SELECT FROM wanted WHERE wanted.box = kept.box)
), differing AS (
  SELECT * FROM wanted
  EXCEPT
  SELECT box, month, active_customers, charging_events, billed_kwh, activation_fee, consumed_fee, discount, revenue,
          active_outlets, online_share, charging_hours, online_outlet_hours, utilization, utilization_by_events
    FROM charging_box_analysis
   WHERE month = :from_day
), written AS (
  INSERT INTO charging_box_analysis AS kept
         (box, month, active_customers, charging_events, billed_kwh, activation_fee, consumed_fee, discount, revenue,
          active_outlets, online_share, charging_hours, online_outlet_hours, utilization, utilization_by_events)
  SELECT * FROM differing
      ON CONFLICT (box, month) DO UPDATE
     SET active_customers = excluded.active_customers,
         charging_events = excluded.charging_events,
         billed_kwh = excluded.billed_kwh,
         activation_fee = excluded.activation_fee,
         consumed_fee = excluded.consumed_fee,
         discount = excluded.discount,
         revenue = excluded.revenue,
         active_outlets = excluded.active_outlets,
         online_share = excluded.online_share,
         charging_hours = excluded.charging_hours,
         online_outlet_hours = excluded.online_outlet_hours,
         utilization = excluded.utilization,
         utilization_by_events = excluded.utilization_by_events
)
SELECT count(*)::integer AS rows, NULL AS "changedFrom", NULL AS "changedTo" FROM wanted
