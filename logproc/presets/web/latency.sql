-- title: Latency
SELECT method, count(*) AS requests, avg(duration) AS mean, approx_quantile(duration, 0.5) AS p50,
       approx_quantile(duration, 0.95) AS p95, approx_quantile(duration, 0.99) AS p99, max(duration) AS max
FROM web
WHERE duration IS NOT NULL
GROUP BY ALL ORDER BY requests DESC LIMIT 50
