SELECT CASE WHEN status >= 500 THEN '5xx' WHEN status >= 400 THEN '4xx' WHEN status >= 300 THEN '3xx' ELSE '2xx' END AS class, count(*) AS n, avg(bytes) AS mean FROM web GROUP BY ALL ORDER BY class
