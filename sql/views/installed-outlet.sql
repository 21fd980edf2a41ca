-- The outlets that are installed now, or whose last photograph was of anything but status 6.
CREATE OR REPLACE VIEW installed_outlet AS
SELECT box, outlet
  FROM (SELECT DISTINCT ON (box, outlet) box, outlet, installed
          FROM outlet_installation
         ORDER BY box, outlet, since DESC) AS latest
 WHERE installed;
