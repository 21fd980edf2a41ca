-- Fills CHARGING_BOX_ANALYSIS for the month from :from_day to before :to_day, up to :now: a row for each box that Eboost lists,
-- or that was heard of or billed in it. A box whose connection was never told counts as online; time that was not observed
-- counts for nothing.
WITH events AS (
  SELECT box,
         count(DISTINCT customer)::integer AS active_customers,
         count(*)::integer AS charging_events,
         sum(kwh)::double precision AS billed_kwh,
         trim_scale(sum(activation_fee)) AS activation_fee,
         trim_scale(sum(consumed_fee)) AS consumed_fee,
         trim_scale(sum(discount)) AS discount,
         trim_scale(sum(revenue)) AS revenue,
         count(DISTINCT outlet)::smallint AS active_outlets
    FROM charging_event
   WHERE day >= :from_day AND day < :to_day
   GROUP BY box
), hours AS (
  SELECT box, (sum(charging_ms) / 3600000.0)::double precision AS charging_hours
    FROM box_hour
   WHERE hour >= :from_time AND hour < least(:now, :to_time)
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
  SELECT box, at, online FROM box_connection WHERE at >= :from_time AND at < least(:now, :to_time)
   UNION ALL
  SELECT boxes.box, last.at, last.online
    FROM (SELECT DISTINCT box FROM outlet_installation UNION SELECT DISTINCT box FROM box_connection) AS boxes
   CROSS JOIN LATERAL (SELECT at, online FROM box_connection
                        WHERE box_connection.box = boxes.box AND at < :from_time ORDER BY at DESC LIMIT 1) AS last
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
         tstzmultirange(tstzrange(greatest(since, :from_time), least(:now, :to_time))) - unobserved.times AS times,
         coalesce(connected.offline, '{}') AS offline
    FROM heard LEFT JOIN connected USING (box) CROSS JOIN unobserved
   WHERE since < least(:now, :to_time) AND :from_time < :now
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
  SELECT substring(unique_id FROM '^Ebox_([0-9]{1,9})$')::integer AS box FROM eboost_box
   WHERE created_at < least(:now, :to_time) OR created_at IS NULL
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
    FROM boxes
    LEFT JOIN events USING (box) LEFT JOIN hours USING (box) LEFT JOIN online USING (box) LEFT JOIN outlets USING (box)
   WHERE box >= :first_box AND :from_time < :now
), kept AS (
  SELECT ctid AS place, * FROM charging_box_analysis WHERE month = :from_day
), differing AS (
  SELECT wanted.*, place FROM wanted FULL JOIN kept ON kept.box = wanted.box
   WHERE (wanted.box, wanted.active_customers, wanted.charging_events, wanted.billed_kwh, wanted.activation_fee,
          wanted.consumed_fee, wanted.discount, wanted.revenue, wanted.active_outlets, wanted.online_share,
          wanted.charging_hours, wanted.online_outlet_hours, wanted.utilization, wanted.utilization_by_events)
         IS DISTINCT FROM
         (kept.box, kept.active_customers, kept.charging_events, kept.billed_kwh, kept.activation_fee,
          kept.consumed_fee, kept.discount, kept.revenue, kept.active_outlets, kept.online_share,
          kept.charging_hours, kept.online_outlet_hours, kept.utilization, kept.utilization_by_events)
), removed AS (
  DELETE FROM charging_box_analysis WHERE ctid = ANY (ARRAY(SELECT place FROM differing WHERE box IS NULL))
), written AS (
  INSERT INTO charging_box_analysis
         (box, month, active_customers, charging_events, billed_kwh, activation_fee, consumed_fee, discount, revenue,
          active_outlets, online_share, charging_hours, online_outlet_hours, utilization, utilization_by_events)
  SELECT box, month, active_customers, charging_events, billed_kwh, activation_fee, consumed_fee, discount, revenue,
         active_outlets, online_share, charging_hours, online_outlet_hours, utilization, utilization_by_events
    FROM differing
   WHERE box IS NOT NULL
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
