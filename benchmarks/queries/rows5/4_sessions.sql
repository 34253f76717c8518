SELECT count(*) AS sessions FROM (SELECT epoch(time) - lag(epoch(time)) OVER (PARTITION BY client ORDER BY time) AS gap FROM web) WHERE gap IS NULL OR gap > 1800
