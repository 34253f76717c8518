SELECT status, count(*) AS requests, approx_quantile(duration, 0.95) AS p95, approx_count_distinct(client) AS clients
FROM json GROUP BY status ORDER BY requests DESC
