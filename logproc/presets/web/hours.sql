-- title: Requests by hour
SELECT date_trunc('hour', time) AS hour, count(*) AS requests, sum(bytes) AS bytes,
       approx_count_distinct(client) AS visitors, count_if(status >= 500) AS server_errors
FROM web
WHERE time IS NOT NULL
GROUP BY ALL ORDER BY hour
