-- Where each box is, as Eboost has it: what dashboards are filtered by. What Eboost does not say is said to be unknown.
CREATE OR REPLACE VIEW box_place AS
SELECT DISTINCT ON (box) box,
       concat_ws(' ', box, nullif(name, '')) AS label,
       coalesce(nullif(name, ''), unique_id) AS name,
       coalesce(nullif(city, ''), 'Unknown') AS city,
       coalesce(nullif(district, ''), 'Unknown') AS district,
       address, latitude, longitude,
       status IS TRUE AS in_service
  FROM (SELECT *, substring(unique_id FROM '^Ebox_([0-9]{1,9})$')::integer AS box FROM eboost_box) AS numbered
 WHERE box IS NOT NULL
 ORDER BY box, updated_at DESC;
