-- The boxes of a report, a row a box: of the whole fleet, or one box, or those of a district.
SELECT box, eboost_box.name, district, active_customers AS customers, charging_events AS events,
       billed_kwh AS "billedKwh", revenue::double precision AS revenue, activation_fee::double precision AS "activationFee",
       discount::double precision AS discount, online_share AS "onlineShare", charging_hours AS "chargingHours",
       online_outlet_hours AS "onlineOutletHours", utilization, utilization_by_events AS "utilizationByEvents"
  FROM charging_box_analysis
  LEFT JOIN eboost_box ON unique_id = 'Ebox_' || box
 WHERE month = :month AND (:box IS NULL OR box = :box) AND (:district IS NULL OR district = :district)
 ORDER BY revenue DESC, box
