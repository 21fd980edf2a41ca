-- What each box has billed on the business day that it is now, as of the last run of the analysis; zeros where nothing was.
CREATE OR REPLACE VIEW box_today AS
SELECT place.box, place.label, place.name, place.city, place.district, place.latitude, place.longitude,
       coalesce(today.charging_events, 0) AS charging_events,
       coalesce(today.billed_kwh, 0) AS billed_kwh,
       coalesce(today.revenue, 0)::double precision AS revenue
  FROM box_place AS place
  LEFT JOIN charging_event_day AS today
         ON today.box = place.box
        AND today.day = (SELECT (now() AT TIME ZONE value)::date FROM analysis_setting WHERE name = 'time_zone');
