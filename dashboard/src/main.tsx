import { QueryClientProvider } from "@tanstack/react-query";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { RouterProvider } from "react-router/dom";
import { makeQueryClient } from "@/api/queries";
import { makeRouter } from "@/app/routes";
import { ToastProvider } from "@/ui/toasts";
import "./app.css";

const root = document.getElementById("root");
if (!root) throw new Error("index.html has no #root");
createRoot(root).render(
  <StrictMode>
    <QueryClientProvider client={makeQueryClient()}>
      <ToastProvider>
        <RouterProvider router={makeRouter()} />
      </ToastProvider>
    </QueryClientProvider>
  </StrictMode>,
);
