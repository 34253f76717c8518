SELECT status, approx_quantile(bytes, 0.5) AS half, approx_quantile(bytes, 0.99) AS p99 FROM web GROUP BY ALL ORDER BY status
