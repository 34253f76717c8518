-- title: Latency by hour
SELECT date_trunc('hour', time) AS hour, count(*) AS requests, approx_quantile(duration, 0.5) AS p50,
       approx_quantile(duration, 0.95) AS p95, approx_quantile(duration, 0.99) AS p99
FROM web
WHERE duration IS NOT NULL AND time IS NOT NULL
GROUP BY ALL ORDER BY hour
