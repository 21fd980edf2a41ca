-- Customers who are to be forgotten (evida customers forget). Their transactions stay, since what boxes have earned stays true,
-- as those of customer 0, who is nobody in particular. Triggers hold to that whatever writes a row: the mirror, which reads it
-- from Eboost again, the analysis, or the restore of an older backup.

CREATE TABLE forgotten_customer (
  id            bigint PRIMARY KEY CHECK (id <> 0),
  forgotten_at  timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE forgotten_customer IS 'Customers who are to be forgotten: their number is all that is kept of them, so that their rows are known when they are read again';
COMMENT ON COLUMN forgotten_customer.id IS 'Number of the customer at Eboost';
COMMENT ON COLUMN forgotten_customer.forgotten_at IS 'Since when';

CREATE FUNCTION leave_out_forgotten() RETURNS trigger
  LANGUAGE plpgsql
  AS $$
  BEGIN
    CASE TG_TABLE_NAME
      WHEN 'eboost_transaction' THEN
        IF EXISTS (SELECT FROM forgotten_customer WHERE id = NEW.user_id) THEN
          NEW.user_id := 0;
          NEW.invoice_id := NULL;
          NEW.promotion_code := NULL;
        END IF;
      WHEN 'judged_transaction' THEN
        IF EXISTS (SELECT FROM forgotten_customer WHERE id = NEW.customer) THEN
          NEW.customer := 0;
        END IF;
      WHEN 'eboost_user' THEN
        IF EXISTS (SELECT FROM forgotten_customer WHERE id = NEW.id) THEN
          RETURN NULL;
        END IF;
      ELSE
        IF EXISTS (SELECT FROM forgotten_customer WHERE id = NEW.customer) THEN
          RETURN NULL;
        END IF;
    END CASE;
    RETURN NEW;
  END $$;
COMMENT ON FUNCTION leave_out_forgotten IS 'Writes what may be kept of a row of a forgotten customer, if anything';

CREATE TRIGGER leave_out_forgotten BEFORE INSERT OR UPDATE ON eboost_transaction
  FOR EACH ROW EXECUTE FUNCTION leave_out_forgotten();
CREATE TRIGGER leave_out_forgotten BEFORE INSERT OR UPDATE ON eboost_user
  FOR EACH ROW EXECUTE FUNCTION leave_out_forgotten();
CREATE TRIGGER leave_out_forgotten BEFORE INSERT OR UPDATE ON judged_transaction
  FOR EACH ROW EXECUTE FUNCTION leave_out_forgotten();
CREATE TRIGGER leave_out_forgotten BEFORE INSERT OR UPDATE ON customer_month
  FOR EACH ROW EXECUTE FUNCTION leave_out_forgotten();
CREATE TRIGGER leave_out_forgotten BEFORE INSERT OR UPDATE ON loyal_customers
  FOR EACH ROW EXECUTE FUNCTION leave_out_forgotten();

COMMENT ON TABLE eboost_transaction IS 'Mirror of the transactions in the Eboost database, row by row as they are there, but for what tells of forgotten customers';
COMMENT ON COLUMN eboost_transaction.invoice_id IS 'Number of its invoice; null of a forgotten customer';
COMMENT ON COLUMN eboost_transaction.user_id IS 'The customer, by eboost_user.id; 0 for all who are forgotten';
COMMENT ON COLUMN eboost_transaction.promotion_code IS 'Code that the customer used; null of a forgotten customer';
COMMENT ON TABLE eboost_user IS 'Mirror of the users in the Eboost database, but for forgotten ones; one that is gone there is kept';
COMMENT ON COLUMN judged_transaction.customer IS 'The customer, by eboost_user.id; 0 for all who are forgotten';
COMMENT ON TABLE customer_month IS 'A row for each customer and month with charging events, or with some in the months before (INACTIVE_MONTHS); none for forgotten ones';
COMMENT ON TABLE loyal_customers IS 'Customers who are loyal in a month: LOYAL_MIN_EVENTS charging events in it, and one in each of the LOYAL_MIN_WEEKS ISO weeks that ended last before its end, or before now; forgotten ones are in none';
