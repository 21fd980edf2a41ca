-- Boxes by their number, the latest row of each first: the view box_place reads them so.
CREATE INDEX eboost_box_number ON eboost_box ((substring(unique_id FROM '^Ebox_([0-9]{1,9})$')::integer), updated_at DESC);
